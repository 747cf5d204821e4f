-- Common table expressions of the queries in the tenants' database. Each of them continues this text.
WITH RECURSIVE tenants (oid) AS (
    -- The grantees that give a tenant's login a right: PUBLIC, the group, and its own roles.
    SELECT 0::oid
    UNION ALL
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_tenant' OR rolname ~ '^tn_'
),
schemas AS (
    SELECT oid, quote_ident(nspname) AS name, nspowner, nspacl,
        nspname ~ '^(tenantry|doctor|granter|watchdog|provisioner_[0-9]{2})$' AS internal
    FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
),
relations AS (
    SELECT pg_class.oid, pg_class.oid::regclass::text AS name, relkind, relowner, relacl, reloptions, relrowsecurity,
        relforcerowsecurity, internal, tenant_id.attnum AS tenant_id,
        -- Read through its parent it is bound by the parent's policies; read directly, it is not.
        EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = pg_class.oid) AS child,
        EXISTS (
            SELECT FROM pg_catalog.pg_depend
            WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
        ) AS extension
    FROM pg_catalog.pg_class
    JOIN schemas ON schemas.oid = relnamespace
    LEFT JOIN pg_catalog.pg_attribute AS tenant_id ON attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
),
grants AS (
    SELECT relations.oid AS relation, NULL::name AS attname, privilege_type, grantee, is_grantable
    FROM relations, aclexplode(relacl)
    UNION ALL
    SELECT relations.oid, pg_attribute.attname, privilege_type, grantee, is_grantable
    FROM relations JOIN pg_catalog.pg_attribute ON attrelid = relations.oid AND NOT attisdropped, aclexplode(attacl)
),
tenant_grants AS (
    SELECT grants.*, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS who
    FROM grants WHERE grantee IN (SELECT oid FROM tenants)
),
tables AS (
    -- Tables that tenants can reach, or that have their rows.
    SELECT * FROM relations
    WHERE relkind IN ('r', 'p') AND NOT internal AND NOT extension
        AND (tenant_id IS NOT NULL OR oid IN (SELECT relation FROM tenant_grants))
),
routines AS (
    SELECT pg_proc.oid, pg_proc.oid::regprocedure::text AS name, proowner, proacl, prosecdef, proconfig, proleakproof,
        lanname, lanpltrusted, schemas.name AS schema, internal, extname,
        EXISTS (
            SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner)))
            WHERE grantee IN (SELECT oid FROM tenants) AND grantee <> proowner
        ) AS reachable
    FROM pg_catalog.pg_proc
    JOIN schemas ON schemas.oid = pronamespace
    JOIN pg_catalog.pg_language ON pg_language.oid = prolang
    LEFT JOIN pg_catalog.pg_depend ON classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
    LEFT JOIN pg_catalog.pg_extension ON refclassid = 'pg_extension'::regclass AND pg_extension.oid = refobjid
)
