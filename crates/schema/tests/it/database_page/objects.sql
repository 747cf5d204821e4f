-- What docs/database.md has in its table $1, of this database.
WITH ours AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
        AND nspname !~ '^provisioner_(0[1-9]|[1-9][0-9])$'
)
SELECT line FROM (
    SELECT 'roles' AS name, format('%s, %s', rolname, CASE WHEN rolcanlogin THEN 'yes' ELSE 'no' END) AS line
    FROM pg_roles WHERE rolname ~ '^tenantry_' AND rolname <> 'tenantry_backup' AND rolname !~ '^tenantry_provisioner_(0[1-9]|[1-9][0-9])$'
    UNION ALL
    SELECT 'schemas', format('%s, %s', nspname, CASE WHEN rolsuper THEN 'the superuser' ELSE rolname::text END)
    FROM ours JOIN pg_roles ON pg_roles.oid = nspowner
    UNION ALL
    SELECT 'tables', format('%s.%s', nspname, relname)
    FROM pg_class JOIN ours ON ours.oid = relnamespace WHERE relkind IN ('r', 'p')
    UNION ALL
    SELECT 'functions', format('%s.%s, %s', nspname, proname, CASE WHEN prosecdef THEN 'definer' ELSE 'invoker' END)
    FROM pg_proc JOIN ours ON ours.oid = pronamespace
    UNION ALL
    SELECT 'triggers', tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'triggers', evtname FROM pg_event_trigger
    UNION ALL
    SELECT 'grants', format('%s, %s, %s', object, grantee, string_agg(may, '; ' ORDER BY may))
    FROM (
        SELECT format('schema %s', nspname) AS object, grantee::regrole::text AS grantee, lower(privilege_type) AS may
        FROM ours, aclexplode(nspacl) WHERE grantee <> nspowner
        UNION ALL
        SELECT format('%s.%s', nspname, relname), grantee::regrole::text, lower(privilege_type)
        FROM pg_class JOIN ours ON ours.oid = relnamespace, aclexplode(relacl) WHERE grantee <> relowner
        UNION ALL
        SELECT format('%s.%s', nspname, relname), grantee::regrole::text,
            format('%s (%s)', lower(privilege_type), string_agg(attname, ', ' ORDER BY attnum))
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        JOIN ours ON ours.oid = relnamespace, aclexplode(attacl)
        GROUP BY nspname, relname, grantee, privilege_type
    ) AS granted
    -- Each provisioner may use the granter's schema.
    WHERE grantee !~ '^tenantry_provisioner_(0[1-9]|[1-9][0-9])$'
    GROUP BY object, grantee
) AS lines
WHERE name = $1
