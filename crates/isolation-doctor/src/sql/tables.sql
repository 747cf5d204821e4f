-- Row level security of every table that tenants can reach or that has their rows.
, policies AS (
    SELECT tables.oid, name, polname, polpermissive, polcmd,
        polpermissive AND polcmd = '*' AND polroles = '{0}'
            -- Citus does not allow the subquery.
            AND coalesce(pg_get_expr(polqual, polrelid)
                IN ('(tenant_id = ( SELECT app.tid() AS tid))', '(tenant_id = app.tid())'), false)
            AND coalesce(pg_get_expr(polwithcheck, polrelid)
                IN ('(tenant_id = ( SELECT app.tid() AS tid))', '(tenant_id = app.tid())'), false) AS isolates
    FROM tables JOIN pg_catalog.pg_policy ON polrelid = tables.oid
),
roots AS (
    SELECT * FROM tables WHERE NOT child
),
identified AS (
    SELECT roots.*, atttypid, attnotnull, pg_get_expr(adbin, adrelid) AS given, attgenerated, attidentity
    FROM roots
    JOIN pg_catalog.pg_attribute ON attrelid = roots.oid AND attnum = tenant_id
    LEFT JOIN pg_catalog.pg_attrdef ON adrelid = roots.oid AND adnum = attnum
)
SELECT 'TENANT_ID_MISSING' AS code, name AS object,
    'tenants can reach the table, and it has no column tenant_id' AS wrong,
    format('REVOKE ALL ON %s FROM %s', name,
        (SELECT string_agg(DISTINCT who, ', ') FROM tenant_grants WHERE relation = roots.oid)) AS remedy
FROM roots WHERE tenant_id IS NULL
UNION ALL
SELECT 'TENANT_ID_TYPE', name, format('tenant_id is a %s and not a uuid', atttypid::regtype),
    concat(
        (SELECT string_agg(format('DROP POLICY %I ON %s; ', polname, name), '') FROM policies WHERE policies.oid = identified.oid),
        format('ALTER TABLE %s ALTER tenant_id DROP DEFAULT, ALTER tenant_id TYPE uuid USING tenant_id::text::uuid; ', name),
        format('ALTER TABLE %s ALTER tenant_id SET DEFAULT app.tid(); SELECT tenantry.isolate(%L)', name, name))
FROM identified WHERE atttypid <> 'uuid'::regtype
UNION ALL
SELECT 'TENANT_ID_NULLABLE', name, 'tenant_id may be NULL',
    format('ALTER TABLE %s ALTER tenant_id SET NOT NULL', name)
FROM identified WHERE NOT attnotnull
UNION ALL
SELECT 'TENANT_ID_DEFAULT', name, format('the default of tenant_id is %s and not app.tid()', coalesce(given, 'none')),
    concat(
        CASE WHEN attgenerated <> '' THEN format('ALTER TABLE %s ALTER tenant_id DROP EXPRESSION; ', name) END,
        format('ALTER TABLE %s ALTER tenant_id SET DEFAULT app.tid()', name))
FROM identified
WHERE atttypid = 'uuid'::regtype AND (given IS DISTINCT FROM 'app.tid()' OR attgenerated <> '' OR attidentity <> '')
UNION ALL
SELECT 'RLS_DISABLED', name, 'row level security is not enabled',
    format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name)
FROM roots WHERE NOT relrowsecurity
UNION ALL
SELECT 'RLS_NOT_FORCED', name, 'row level security is not forced for the table''s owner',
    format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name)
FROM roots WHERE NOT relforcerowsecurity
UNION ALL
-- Permissive policies are combined with OR: another one opens what the isolating one closes.
SELECT 'POLICY_ADDED', format('%s: %I', name, polname), 'it is a permissive policy beside the one that isolates tenants',
    format('DROP POLICY %I ON %s', polname, name)
FROM (SELECT *, row_number() OVER (PARTITION BY oid ORDER BY NOT isolates, polname) AS place FROM policies WHERE polpermissive) AS listed
WHERE (isolates AND place > 1) OR (NOT isolates AND NOT (polname = 'tenant_isolation' AND polcmd = '*'))
UNION ALL
SELECT 'POLICY_ALTERED', format('%s: %I', name, polname),
    'the policy is not USING and WITH CHECK (tenant_id = (SELECT app.tid())) for everybody',
    format('ALTER POLICY %I ON %s TO PUBLIC USING (tenant_id = (SELECT app.tid())) WITH CHECK (tenant_id = (SELECT app.tid()))',
        polname, name)
FROM policies
WHERE NOT isolates AND polpermissive AND polname = 'tenant_isolation' AND polcmd = '*'
UNION ALL
SELECT 'POLICY_MISSING', name, 'no policy isolates tenants', format('SELECT tenantry.isolate(%L)', name)
FROM identified
WHERE atttypid = 'uuid'::regtype AND NOT EXISTS (
    SELECT FROM policies
    WHERE policies.oid = identified.oid
        AND (isolates OR (polpermissive AND polname = 'tenant_isolation' AND polcmd = '*'))
)
UNION ALL
SELECT 'STATISTICS_ON', format('%s.%I', name, attname), 'the column has statistics',
    format('ALTER TABLE %s ALTER %I SET STATISTICS 0', name, attname)
FROM tables JOIN pg_catalog.pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
WHERE attstattarget IS DISTINCT FROM 0
UNION ALL
SELECT 'STATISTICS_ON', format('%s: %s', name, indexrelid::regclass), 'an expression of the index has statistics',
    format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS 0', indexrelid::regclass, attnum)
FROM tables
JOIN pg_catalog.pg_index ON indrelid = tables.oid
JOIN pg_catalog.pg_attribute ON attrelid = indexrelid AND attnum <= indnkeyatts AND indkey[attnum - 1] = 0
WHERE attstattarget IS DISTINCT FROM 0
UNION ALL
SELECT 'STATISTICS_EXTENDED', format('%s: %I.%I', name, nspname, stxname), 'there are extended statistics on the table',
    format('DROP STATISTICS %I.%I', nspname, stxname)
FROM tables
JOIN pg_catalog.pg_statistic_ext ON stxrelid = tables.oid
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = stxnamespace
UNION ALL
SELECT 'TRIGGER_PRESENT', format('%s: %I', name, tgname), 'the table has a trigger',
    format('DROP TRIGGER %I ON %s', tgname, name)
FROM tables JOIN pg_catalog.pg_trigger ON tgrelid = tables.oid
WHERE NOT tgisinternal AND tgparentid = 0
UNION ALL
SELECT 'RULE_PRESENT', format('%s: %I', name, rulename), 'the table has a rewrite rule',
    format('DROP RULE %I ON %s', rulename, name)
FROM tables JOIN pg_catalog.pg_rewrite ON ev_class = tables.oid
UNION ALL
SELECT 'PUBLISHED', format('%s: %I', name, pubname), 'a publication sends the table''s rows to its subscribers',
    CASE WHEN puballtables THEN format('DROP PUBLICATION %I', pubname)
        ELSE format('ALTER PUBLICATION %I DROP TABLE %s', pubname, name) END
FROM tables
JOIN pg_catalog.pg_class ON pg_class.oid = tables.oid
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
JOIN pg_catalog.pg_publication_tables ON schemaname = nspname AND tablename = relname
JOIN pg_catalog.pg_publication USING (pubname)
