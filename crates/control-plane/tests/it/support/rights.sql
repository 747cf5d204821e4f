-- Who may do what: every ACL, policy and setting of this database, and the roles, memberships and role settings of
-- the tenant $1 (roles belong to the cluster, and other tests make theirs meanwhile).
SELECT string_agg(line, E'\n' ORDER BY line)
FROM (
    SELECT format('schema %s %s %s', nspname, nspowner::regrole, nspacl) AS line FROM pg_namespace
    UNION ALL
    SELECT format('relation %s %s %s %s %s', oid::regclass, relowner::regrole, relacl, relrowsecurity, relforcerowsecurity)
    FROM pg_class WHERE relnamespace IN ('app'::regnamespace, 'tenantry'::regnamespace)
    UNION ALL
    SELECT format('column %s.%s %s', attrelid::regclass, attname, attacl)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'app'::regnamespace
    UNION ALL
    SELECT format('policy %s %s %s %s %s', polrelid::regclass, polname, polroles, pg_get_expr(polqual, polrelid),
        pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy
    UNION ALL
    -- By number: the names of all parameters' types take longer than all else here.
    SELECT format('function %s %s %s %s %s', oid, proname, proowner::regrole, proacl, md5(prosrc)) FROM pg_proc
    UNION ALL
    SELECT format('trigger %s %s', tgrelid::regclass, tgname) FROM pg_trigger
    UNION ALL
    SELECT format('rule %s %s', ev_class::regclass, rulename) FROM pg_rewrite
    UNION ALL
    SELECT format('large object %s', oid) FROM pg_largeobject_metadata
    UNION ALL
    SELECT format('database %s %s %s', datname, datdba::regrole, datacl) FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT format('database setting %s', setconfig) FROM pg_db_role_setting
    JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
    UNION ALL
    SELECT format('role %s %s %s %s %s %s %s', rolname, rolsuper, rolcanlogin, rolbypassrls, md5(rolpassword), rolconnlimit,
        rolvaliduntil)
    FROM pg_authid WHERE rolname IN ($1, $1 || '_a', $1 || '_b')
    UNION ALL
    SELECT format('role setting %s %s', setrole::regrole, setconfig) FROM pg_db_role_setting
    WHERE pg_get_userbyid(setrole) IN ($1, $1 || '_a', $1 || '_b')
    UNION ALL
    SELECT format('member %s of %s', member::regrole, roleid::regrole) FROM pg_auth_members
    WHERE pg_get_userbyid(member) IN ($1, $1 || '_a', $1 || '_b')
) AS lines
