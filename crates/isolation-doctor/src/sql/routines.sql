-- Functions and procedures, and app.tid(), which identifies a session's tenant.
, tid AS (
    SELECT wanted.oid, coalesce(lanname = 'sql' AND provolatile = 's' AND proparallel = 's' AND NOT prosecdef AND NOT proleakproof
        AND NOT proretset AND prokind = 'f' AND proconfig IS NULL AND prorettype = 'uuid'::regtype
        AND pg_get_userbyid(proowner) = 'tenantry_owner'
        AND pg_get_function_sqlbody(pg_proc.oid) = 'RETURN (substr((SESSION_USER)::text, 4, 32))::uuid'
        -- Dependencies on PostgreSQL's own objects are not recorded: a recorded one, such as a cast's function, replaced them.
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend
            WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND refclassid <> 'pg_namespace'::regclass
        ), false) AS sound
    -- By name, since a cast to regprocedure requires USAGE on the schema.
    FROM (
        SELECT max(pg_proc.oid) AS oid
        FROM pg_catalog.pg_proc JOIN schemas ON schemas.oid = pronamespace
        WHERE schemas.name = 'app' AND proname = 'tid' AND pronargs = 0
    ) AS wanted
    LEFT JOIN pg_catalog.pg_proc ON pg_proc.oid = wanted.oid
    LEFT JOIN pg_catalog.pg_language ON pg_language.oid = prolang
)
SELECT 'IDENTITY_ALTERED' AS code, 'app.tid()' AS object,
    'the function does not read the tenant''s id from the session''s login' AS wrong,
    'CREATE OR REPLACE FUNCTION app.tid() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE '
        'RETURN substr(session_user::text, 4, 32)::uuid; ALTER FUNCTION app.tid() OWNER TO tenantry_owner' AS remedy
FROM tid WHERE NOT sound
UNION ALL
SELECT 'INTERNAL_GRANTED', name, format('%s may execute it, but it is internal', grantee::regrole),
    format('REVOKE EXECUTE ON ROUTINE %s FROM %s', name, grantee::regrole)
FROM routines, aclexplode(proacl)
WHERE internal AND grantee <> 0 AND grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'GRANT_OPTION', name, format('%s may grant EXECUTE to others', grantee::regrole),
    format('REVOKE GRANT OPTION FOR EXECUTE ON ROUTINE %s FROM %s CASCADE', name, grantee::regrole)
FROM routines, aclexplode(proacl)
WHERE is_grantable AND grantee <> 0 AND grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'TENANT_GRANTED', name, format('%s may execute it by a grant of its own', grantee::regrole),
    format('REVOKE EXECUTE ON ROUTINE %s FROM %s', name, grantee::regrole)
FROM routines, aclexplode(proacl)
WHERE NOT internal AND grantee <> 0 AND grantee::regrole::text ~ '^tn_'
UNION ALL
SELECT 'DEFINER_SEARCH_PATH', name, 'tenants may execute it, and it runs with its owner''s rights on the caller''s search_path',
    format('ALTER ROUTINE %s SET search_path = pg_catalog, pg_temp', name)
FROM routines
WHERE prosecdef AND reachable AND NOT EXISTS (
    SELECT FROM unnest(proconfig) AS setting
    WHERE setting ~ '^search_path=\s*"?pg_catalog"?\s*,(.*,)?\s*"?pg_temp"?\s*$'
)
UNION ALL
SELECT 'DEFINER_OWNER', name, format('tenants may execute it, and it runs as %s, which row level security does not bind', rolname),
    format('ALTER ROUTINE %s OWNER TO tenantry_owner', name)
FROM routines JOIN pg_catalog.pg_roles ON pg_roles.oid = proowner
WHERE prosecdef AND reachable AND (rolsuper OR rolbypassrls)
UNION ALL
SELECT 'OWNER_WRONG', name, format('its owner is %s', pg_get_userbyid(proowner)), format('ALTER ROUTINE %s OWNER TO tenantry_owner', name)
FROM routines
WHERE extname IS NULL AND (schema IN ('app', 'tenantry') OR (reachable AND NOT internal)) AND pg_get_userbyid(proowner) <> 'tenantry_owner'
UNION ALL
SELECT 'OWNER_WRONG', name, format('its owner is %s', pg_get_userbyid(proowner)),
    format('ALTER ROUTINE %s OWNER TO tenantry_%s', name, CASE schema WHEN 'doctor' THEN 'provisioner_00' ELSE schema END)
FROM routines
WHERE schema ~ '^(doctor|granter|watchdog|provisioner_[0-9]{2})$'
    AND pg_get_userbyid(proowner) <> 'tenantry_' || CASE schema WHEN 'doctor' THEN 'provisioner_00' ELSE schema END
UNION ALL
SELECT 'LEAKPROOF', name, 'it is marked LEAKPROOF', format('ALTER ROUTINE %s NOT LEAKPROOF', name)
FROM routines WHERE proleakproof AND reachable
UNION ALL
SELECT 'UNTRUSTED_ROUTINE', name, format('tenants may execute it, and it is written in %s', lanname),
    format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC, tenantry_tenant', name)
FROM routines WHERE reachable AND extname IS NULL AND NOT lanpltrusted AND lanname <> 'sql'
UNION ALL
SELECT 'EXTENSION_REACHABLE', name, format('tenants may execute it, and it belongs to the extension %s', extname),
    format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC, tenantry_tenant', name)
FROM routines
WHERE reachable AND extname IN (
    'adminpack', 'amcheck', 'dblink', 'file_fdw', 'lo', 'old_snapshot', 'pageinspect', 'pg_buffercache', 'pg_cron',
    'pg_freespacemap', 'pg_logicalinspect', 'pg_prewarm', 'pg_stat_statements', 'pg_surgery', 'pg_visibility',
    'pg_walinspect', 'pgrowlocks', 'pgstattuple', 'postgres_fdw', 'xml2'
)
UNION ALL
-- Functions of the catalog that differ from initdb's: identity and policies rest on some of them.
SELECT 'CATALOG_ALTERED', pg_proc.oid::regprocedure::text, 'it differs from PostgreSQL''s own function',
    CASE
        WHEN pg_proc.oid >= 16384 THEN format('DROP ROUTINE pg_catalog.%s', pg_proc.oid::regprocedure)
        WHEN proname IN ('substr', 'text', 'uuid_in', 'uuid_eq') THEN
            format('CREATE OR REPLACE FUNCTION pg_catalog.%s RETURNS %s LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE%s AS %L',
                pg_proc.oid::regprocedure, prorettype::regtype, CASE proname WHEN 'uuid_eq' THEN ' LEAKPROOF' END,
                CASE proname WHEN 'substr' THEN 'text_substr' WHEN 'text' THEN 'name_text' ELSE proname END)
    END
FROM pg_catalog.pg_proc
JOIN pg_catalog.pg_language ON pg_language.oid = prolang
WHERE pronamespace = 'pg_catalog'::regnamespace
    AND CASE
        WHEN pg_proc.oid >= 16384 THEN NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
        )
        WHEN (proname, prosrc) IN (('substr', 'text_substr'), ('text', 'name_text'), ('uuid_in', 'uuid_in'), ('uuid_eq', 'uuid_eq'))
            THEN lanname <> 'internal'
        WHEN proname IN ('uuid_in', 'uuid_eq') OR (proname = 'substr' AND proargtypes = '25 23 23') THEN true
        -- Of PostgreSQL's own SQL functions, only those with polymorphic arguments have their text as a string.
        ELSE proowner <> 10 OR prosecdef OR lanname NOT IN ('internal', 'c', 'sql')
            OR (lanname = 'sql' AND prosqlbody IS NULL
                AND NOT (ARRAY['anyelement'::regtype, 'anynonarray'::regtype]::oid[] && proargtypes::oid[]))
    END
UNION ALL
SELECT 'CATALOG_ALTERED', format('cast from %s to %s', castsource::regtype, casttarget::regtype),
    'the cast is not PostgreSQL''s own', format('DROP CAST (%s AS %s)', castsource::regtype, casttarget::regtype)
FROM pg_catalog.pg_cast
WHERE oid >= 16384 AND casttarget = 'uuid'::regtype AND castsource IN ('text'::regtype, 'varchar'::regtype, 'name'::regtype)
