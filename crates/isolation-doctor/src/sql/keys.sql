-- Keys, foreign keys and indexes. A value that is unique over all tenants discloses one tenant to another.
, indexes AS (
    SELECT name, indrelid, indexrelid, indisunique, indisexclusion, conname, contype, conparentid, conexclop,
        indkey[0] = tenant_id AS led,
        pg_get_indexdef(indexrelid) AS definition
    FROM tables
    JOIN pg_catalog.pg_index ON indrelid = tables.oid
    LEFT JOIN pg_catalog.pg_constraint ON conindid = indexrelid AND contype IN ('p', 'u', 'x') AND conrelid = indrelid
    WHERE tenant_id IS NOT NULL
        -- An index of a partition belongs to its parent's index.
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = indexrelid)
)
SELECT 'KEY_GLOBAL' AS code, format('%s: %I', name, conname) AS object,
    'the key does not lead with tenant_id' AS wrong,
    format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s (tenant_id, %s)', name, conname, conname,
        CASE contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END,
        (SELECT string_agg(quote_ident(attname), ', ' ORDER BY place)
         FROM pg_catalog.pg_index
         CROSS JOIN unnest(indkey) WITH ORDINALITY AS keys (attnum, place)
         JOIN pg_catalog.pg_attribute ON attrelid = indexes.indrelid AND pg_attribute.attnum = keys.attnum
         WHERE pg_index.indexrelid = indexes.indexrelid AND place <= indnkeyatts AND attname <> 'tenant_id')) AS remedy
FROM indexes WHERE contype IN ('p', 'u') AND NOT led
UNION ALL
SELECT 'KEY_GLOBAL', format('%s: %I', name, conname), 'the exclusion constraint does not lead with tenant_id WITH =',
    format('ALTER TABLE %s DROP CONSTRAINT %I', name, conname)
FROM indexes
WHERE contype = 'x' AND NOT (led AND conexclop[1] = 'pg_catalog.=(uuid,uuid)'::regoperator)
UNION ALL
SELECT 'KEY_GLOBAL', format('%s: %s', name, indexrelid::regclass), 'the unique index does not lead with tenant_id',
    format('DROP INDEX %s; %s', indexrelid::regclass, regexp_replace(definition, ' USING (\w+) \(', ' USING \1 (tenant_id, '))
FROM indexes WHERE conname IS NULL AND indisunique AND NOT led
UNION ALL
SELECT 'INDEX_GLOBAL', format('%s: %s', name, indexrelid::regclass), 'the index does not lead with tenant_id',
    format('DROP INDEX %s; %s', indexrelid::regclass, regexp_replace(definition, ' USING (\w+) \(', ' USING \1 (tenant_id, '))
FROM indexes WHERE conname IS NULL AND NOT indisunique AND NOT led
UNION ALL
SELECT 'FOREIGN_KEY_GLOBAL', format('%s: %I', referring.name, conname),
    format('the foreign key to %s does not compare tenant_id with tenant_id', referred.name),
    format('ALTER TABLE %s DROP CONSTRAINT %I', referring.name, conname)
FROM pg_catalog.pg_constraint
JOIN relations AS referring ON referring.oid = conrelid
JOIN relations AS referred ON referred.oid = confrelid
WHERE contype = 'f' AND conparentid = 0
    -- A table without tenants' rows may be referred to by all.
    AND referred.tenant_id IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM unnest(conkey, confkey) AS pair (here, there)
        WHERE here = referring.tenant_id AND there = referred.tenant_id
    )
