-- Each part finds what breaks one rule of the design's "Isolation in PostgreSQL".
WITH relations AS (
    SELECT pg_class.oid, relname, relkind, relowner, relacl, relrowsecurity, relforcerowsecurity, relispartition
    FROM pg_class WHERE relnamespace = 'app'::regnamespace
),
tables AS (
    SELECT * FROM relations WHERE relkind IN ('r', 'p')
),
roots AS (
    -- A partition is reached by way of its parent alone, and so by the parent's policy.
    SELECT * FROM tables WHERE NOT relispartition
),
columns AS (
    SELECT tables.relname, pg_attribute.*
    FROM tables JOIN pg_attribute ON attrelid = tables.oid
    WHERE attnum > 0 AND NOT attisdropped
),
broken (what) AS (
    SELECT format('%s: row level security is not enabled', relname) FROM roots WHERE NOT relrowsecurity
    UNION ALL
    SELECT format('%s: row level security is not forced', relname) FROM roots WHERE NOT relforcerowsecurity
    UNION ALL
    SELECT format('%s: has %s policies and not one', relname, count(polname))
    FROM roots LEFT JOIN pg_policy ON polrelid = roots.oid
    GROUP BY roots.oid, relname HAVING count(polname) <> 1
    UNION ALL
    SELECT format('%s: policy %s is not the permissive one for all commands and everybody', relname, polname)
    FROM tables JOIN pg_policy ON polrelid = tables.oid
    WHERE NOT polpermissive OR polcmd <> '*' OR polroles <> '{0}'
        OR pg_get_expr(polqual, polrelid) IS DISTINCT FROM '(tenant_id = ( SELECT app.tid() AS tid))'
        OR pg_get_expr(polwithcheck, polrelid) IS DISTINCT FROM '(tenant_id = ( SELECT app.tid() AS tid))'
    UNION ALL
    SELECT format('%s: tenant_id is not a uuid, NOT NULL, DEFAULT app.tid()', relname)
    FROM tables
    WHERE NOT EXISTS (
        SELECT FROM pg_attribute
        JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = tables.oid AND attname = 'tenant_id' AND attnotnull AND atttypid = 'uuid'::regtype
            AND attgenerated = '' AND pg_get_expr(adbin, adrelid) = 'app.tid()'
    )
    UNION ALL
    -- A unique key would tell of other tenants, any other index could be scanned past them.
    SELECT format('%s: index %s does not lead with tenant_id', relname, indexrelid::regclass)
    FROM tables JOIN pg_index ON indrelid = tables.oid
    WHERE NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = indrelid AND attnum = indkey[0] AND attname = 'tenant_id'
    )
    UNION ALL
    SELECT format('%s: foreign key %s does not lead with tenant_id', relname, conname)
    FROM tables JOIN pg_constraint ON conrelid = tables.oid AND contype = 'f'
    WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1] AND attname = 'tenant_id')
        OR NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1] AND attname = 'tenant_id')
    UNION ALL
    SELECT format('%s: column %s has statistics, which EXPLAIN tells', relname, attname)
    FROM columns WHERE attstattarget IS DISTINCT FROM 0
    UNION ALL
    SELECT format('%s: extended statistics %s, which EXPLAIN tells', relname, stxname)
    FROM tables JOIN pg_statistic_ext ON stxrelid = tables.oid
    UNION ALL
    SELECT format('%s: %s may %s the table', relname, grantee::regrole, privilege_type)
    FROM relations, aclexplode(relacl)
    WHERE grantee <> relowner
        AND NOT (privilege_type = 'SELECT' AND grantee = 'tenantry_tenant'::regrole AND NOT is_grantable
            AND NOT relispartition AND relkind IN ('r', 'p', 'v'))
    UNION ALL
    SELECT format('%s: %s may %s column %s', relname, grantee::regrole, privilege_type, attname)
    FROM columns, aclexplode(attacl)
    WHERE NOT (privilege_type IN ('INSERT', 'UPDATE') AND grantee = 'tenantry_tenant'::regrole AND NOT is_grantable
        AND attname <> 'tenant_id')
    UNION ALL
    SELECT format('%s: a %s', relname, CASE relkind WHEN 'm' THEN 'materialised view' WHEN 'S' THEN 'sequence' ELSE 'foreign table' END)
    FROM relations WHERE relkind IN ('m', 'S', 'f')
    UNION ALL
    SELECT format('%s: trigger %s', relname, tgname)
    FROM tables JOIN pg_trigger ON tgrelid = tables.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT format('%s: rule %s', relname, rulename)
    FROM tables JOIN pg_rewrite ON ev_class = tables.oid
    UNION ALL
    SELECT format('%s: owned by %s', relname, relowner::regrole)
    FROM relations WHERE relowner <> 'tenantry_owner'::regrole AND relkind NOT IN ('i', 'I')
    UNION ALL
    SELECT format('%s: owned by %s', oid::regprocedure, proowner::regrole)
    FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND proowner <> 'tenantry_owner'::regrole
    UNION ALL
    SELECT format('%s: SECURITY DEFINER without SET search_path = pg_catalog, pg_temp', oid::regprocedure)
    FROM pg_proc
    WHERE pronamespace = 'app'::regnamespace AND prosecdef
        AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)
    UNION ALL
    -- A leakproof function is evaluated before the policy.
    SELECT format('%s: LEAKPROOF', oid::regprocedure)
    FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND proleakproof
    UNION ALL
    SELECT format('%s: written in %s', pg_proc.oid::regprocedure, lanname)
    FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
    WHERE pronamespace = 'app'::regnamespace AND lanname NOT IN ('sql', 'plpgsql')
    UNION ALL
    SELECT format('%s: %s may execute it', pg_proc.oid::regprocedure,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
    FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
    WHERE pronamespace = 'app'::regnamespace AND grantee NOT IN (proowner, 'tenantry_tenant'::regrole)
    UNION ALL
    SELECT format('schema %s: %s has %s', nspname, grantee::regrole, privilege_type)
    FROM pg_namespace, aclexplode(nspacl)
    WHERE grantee = 'tenantry_tenant'::regrole AND NOT (nspname = 'app' AND privilege_type = 'USAGE')
    UNION ALL
    SELECT format('%s: granted to tenants outside app', pg_class.oid::regclass)
    FROM pg_class, aclexplode(relacl)
    WHERE grantee = 'tenantry_tenant'::regrole AND relnamespace <> 'app'::regnamespace
    UNION ALL
    SELECT format('%s: granted to tenants outside app', pg_proc.oid::regprocedure)
    FROM pg_proc, aclexplode(proacl)
    WHERE grantee = 'tenantry_tenant'::regrole AND pronamespace <> 'app'::regnamespace
    UNION ALL
    -- A tenant's own roles hold nothing: thousands of them would overflow an ACL.
    SELECT format('granted to the tenant''s role %s', refobjid::regrole)
    FROM pg_shdepend JOIN pg_database ON pg_database.oid = dbid
    WHERE datname = current_database() AND refclassid = 'pg_authid'::regclass AND refobjid::regrole::text ~ '^tn_'
)
SELECT what FROM broken ORDER BY what COLLATE "C"
