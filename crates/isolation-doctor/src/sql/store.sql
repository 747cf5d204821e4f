-- The control store, where tenants must have no rights. hardening_gaps.sql checks PUBLIC's.
WITH tenants (oid) AS (
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_tenant' OR rolname ~ '^tn_'
),
schemas AS (
    SELECT oid, quote_ident(nspname) AS name, nspowner, nspacl
    FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
),
granted AS (
    SELECT format('SCHEMA %s', name) AS object, name, grantee, privilege_type FROM schemas, aclexplode(nspacl)
    UNION ALL
    SELECT format('TABLE %s', pg_class.oid::regclass), pg_class.oid::regclass::text, grantee, privilege_type
    FROM pg_catalog.pg_class JOIN schemas ON schemas.oid = relnamespace, aclexplode(relacl)
    UNION ALL
    SELECT format('TABLE %s', attrelid::regclass), attrelid::regclass::text, grantee, privilege_type
    FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class ON pg_class.oid = attrelid
    JOIN schemas ON schemas.oid = relnamespace, aclexplode(attacl)
    UNION ALL
    SELECT format('ROUTINE %s', pg_proc.oid::regprocedure), pg_proc.oid::regprocedure::text, grantee, privilege_type
    FROM pg_catalog.pg_proc JOIN schemas ON schemas.oid = pronamespace,
        aclexplode(proacl)
)
SELECT DISTINCT 'STORE_GRANTED' AS code, name AS object,
    format('%s has %s', grantee::regrole, privilege_type) AS wrong,
    format('REVOKE ALL ON %s FROM %s', object, grantee::regrole) AS remedy
FROM granted WHERE grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'STORE_SHARED', pg_class.oid::regclass::text, format('%s has %s', grantee::regrole, privilege_type),
    format('REVOKE ALL ON %s FROM %s', pg_class.oid::regclass, grantee::regrole)
FROM pg_catalog.pg_class, aclexplode(relacl)
WHERE relnamespace = to_regnamespace('control') AND grantee NOT IN (0, relowner, 'tenantry_service'::regrole) AND grantee NOT IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'OWNER_WRONG', format('schema %s', name), format('its owner is %s', pg_get_userbyid(nspowner)),
    format('ALTER SCHEMA %s OWNER TO tenantry_owner', name)
FROM schemas WHERE name IN ('control', 'tenantry') AND pg_get_userbyid(nspowner) <> 'tenantry_owner'
UNION ALL
SELECT 'OWNER_WRONG', pg_class.oid::regclass::text, format('its owner is %s', pg_get_userbyid(relowner)),
    format('ALTER TABLE %s OWNER TO tenantry_owner', pg_class.oid::regclass)
FROM pg_catalog.pg_class JOIN schemas ON schemas.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND name IN ('control', 'tenantry') AND pg_get_userbyid(relowner) <> 'tenantry_owner'
UNION ALL
SELECT 'OWNER_WRONG', pg_proc.oid::regprocedure::text, format('its owner is %s', pg_get_userbyid(proowner)),
    format('ALTER ROUTINE %s OWNER TO tenantry_owner', pg_proc.oid::regprocedure)
FROM pg_catalog.pg_proc JOIN schemas ON schemas.oid = pronamespace
WHERE name IN ('control', 'tenantry') AND pg_get_userbyid(proowner) <> 'tenantry_owner'
UNION ALL
SELECT 'PUBLISHED', format('%I.%I: %I', schemaname, tablename, pubname), 'a publication sends the table''s rows to its subscribers',
    format('DROP PUBLICATION %I', pubname)
FROM pg_catalog.pg_publication_tables WHERE schemaname = 'control'
UNION ALL
SELECT 'SCHEMA_MISSING', format('schema %s', wanted), 'there is no such schema', NULL
FROM (VALUES ('control'), ('tenantry')) AS ours (wanted)
WHERE wanted NOT IN (SELECT name FROM schemas)
