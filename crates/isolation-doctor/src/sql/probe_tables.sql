-- Tables that this tenant's login can reach, and the columns and values of a row for them. $1: the marker for texts.
WITH columns AS (
    SELECT attrelid, attnum, quote_ident(attname) AS name, attname,
        has_column_privilege(attrelid, attnum, 'INSERT') AND attgenerated = '' AND attidentity <> 'a' AS insertable,
        has_column_privilege(attrelid, attnum, 'UPDATE') AND attgenerated = '' AND attname <> 'tenant_id' AS updatable,
        attnotnull AND NOT atthasdef AND attidentity = '' AS needed,
        -- A foreign key's value, from another row of this tenant.
        (SELECT format('(SELECT referred.%I FROM %s AS referred LIMIT 1)', there.attname, confrelid::regclass)
         FROM pg_catalog.pg_constraint
         CROSS JOIN unnest(conkey, confkey) AS pair (here, away)
         JOIN pg_catalog.pg_attribute AS there ON there.attrelid = confrelid AND there.attnum = away
         WHERE conrelid = pg_attribute.attrelid AND contype = 'f' AND here = pg_attribute.attnum AND there.attname <> 'tenant_id'
         LIMIT 1) AS referred,
        CASE
            WHEN typcategory = 'S' THEN quote_literal($1::text)
            WHEN typcategory = 'N' THEN '1'
            WHEN typcategory = 'B' THEN 'true'
            WHEN typcategory = 'A' THEN quote_literal('{}')
            WHEN typcategory = 'R' THEN quote_literal('empty')
            WHEN typcategory = 'T' THEN quote_literal('1 second')
            WHEN typcategory = 'I' THEN quote_literal('127.0.0.1')
            WHEN typcategory = 'D' THEN format('now()::%s', atttypid::regtype)
            WHEN typcategory = 'E' THEN (
                SELECT quote_literal(enumlabel) FROM pg_catalog.pg_enum WHERE enumtypid = atttypid ORDER BY enumsortorder LIMIT 1
            )
            WHEN atttypid = 'uuid'::regtype THEN 'gen_random_uuid()'
            WHEN atttypid IN ('json'::regtype, 'jsonb'::regtype) THEN quote_literal(jsonb_build_object('doctor', $1::text)::text)
            WHEN atttypid = 'bytea'::regtype THEN quote_literal('\x00')
            ELSE 'NULL'
        END AS value,
        typcategory = 'S' OR atttypid IN ('json'::regtype, 'jsonb'::regtype) AS text
    FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type ON pg_type.oid = atttypid
    WHERE attnum > 0 AND NOT attisdropped
)
SELECT pg_class.oid::regclass::text AS name,
    has_table_privilege(pg_class.oid, 'SELECT') AS readable,
    string_agg(name, ', ' ORDER BY attnum) FILTER (WHERE wanted) AS columns,
    string_agg(coalesce(referred, value), ', ' ORDER BY attnum) FILTER (WHERE wanted) AS values,
    coalesce(string_agg(name, ', ' ORDER BY attnum) FILTER (WHERE wanted AND needed), min(name) FILTER (WHERE insertable))
        AS needed_columns,
    coalesce(string_agg(coalesce(referred, value), ', ' ORDER BY attnum) FILTER (WHERE wanted AND needed),
        min('DEFAULT') FILTER (WHERE insertable)) AS needed_values,
    min(name) FILTER (WHERE updatable) AS changes,
    concat(
        (SELECT string_agg(format('DROP POLICY %I ON %s; ', polname, polrelid::regclass), '' ORDER BY polname)
         FROM pg_catalog.pg_policy WHERE polrelid = pg_class.oid),
        format('SELECT tenantry.isolate(%L)', pg_class.oid::regclass)
    ) AS isolate
FROM pg_catalog.pg_class
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
JOIN (
    SELECT columns.*, insertable AND (needed OR text OR referred IS NOT NULL) AND name <> 'tenant_id' AS wanted FROM columns
) AS columns ON attrelid = pg_class.oid
WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND has_schema_privilege(relnamespace, 'USAGE')
    AND has_any_column_privilege(pg_class.oid, 'SELECT, INSERT, UPDATE')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = pg_class.oid)
    AND EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped)
GROUP BY pg_class.oid
ORDER BY name
