-- Grants to others than the owner in the schemas whose names match $1: a line for each object and grantee.
SELECT line FROM (
    SELECT format('schema %s: %s %s', nspname, grantee::regrole, string_agg(lower(privilege_type), ', ' ORDER BY privilege_type)) AS line
    FROM pg_namespace, aclexplode(nspacl)
    WHERE nspname ~ $1 AND grantee <> nspowner
    GROUP BY nspname, grantee
    UNION ALL
    SELECT format('%s: %s %s', pg_class.oid::regclass, grantee::regrole, string_agg(lower(privilege_type), ', ' ORDER BY privilege_type))
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace, aclexplode(relacl)
    WHERE nspname ~ $1 AND grantee <> relowner
    GROUP BY pg_class.oid, grantee
    UNION ALL
    SELECT format('%s: %s %s (%s)', pg_class.oid::regclass, grantee::regrole, lower(privilege_type), string_agg(attname, ', ' ORDER BY attnum))
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace, aclexplode(attacl)
    WHERE nspname ~ $1
    GROUP BY pg_class.oid, grantee, privilege_type
    UNION ALL
    SELECT format('%s: %s, %s, %s%s', pg_proc.oid::regprocedure, proowner::regrole,
        CASE WHEN prosecdef THEN 'definer' ELSE 'invoker' END, array_to_string(proconfig, '; '),
        (SELECT string_agg(', ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END || ' may execute it', '')
         FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee <> proowner))
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname ~ $1
) AS lines
ORDER BY line COLLATE "C"
