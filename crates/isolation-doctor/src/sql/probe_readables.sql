-- Other relations that this tenant's login may read: views, partitions, materialised views, foreign tables, tables without
-- tenant_id.
SELECT pg_class.oid::regclass::text
FROM pg_catalog.pg_class
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND has_schema_privilege(relnamespace, 'USAGE') AND has_table_privilege(pg_class.oid, 'SELECT')
    AND (relkind NOT IN ('r', 'p')
        OR EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = pg_class.oid)
        OR NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped))
ORDER BY 1
