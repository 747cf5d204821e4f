-- Grants on tables, views and sequences. Allowed: SELECT, and INSERT and UPDATE by column, without tenant_id.
, granted AS (
    SELECT tenant_grants.*, name, relkind, child, internal, privilege_type AS right_to,
        format('REVOKE %s%s ON %s FROM %s', privilege_type, ' (' || quote_ident(attname) || ')', name, who) AS revoke
    FROM tenant_grants JOIN relations ON relations.oid = relation
)
SELECT 'INTERNAL_GRANTED' AS code, name AS object, format('%s may %s it, but it is internal', who, lower(right_to)) AS wrong,
    format('REVOKE ALL ON %s FROM %s', name, who) AS remedy
FROM granted WHERE internal
UNION ALL
SELECT CASE WHEN child THEN 'LEAF_GRANTED'
        WHEN relkind = 'm' THEN 'MATERIALIZED_VIEW_GRANTED'
        WHEN relkind = 'f' THEN 'FOREIGN_TABLE_GRANTED'
        ELSE 'SEQUENCE_GRANTED' END,
    name,
    format('%s may %s the %s', who, lower(right_to), CASE WHEN child THEN 'partition or child table directly'
        WHEN relkind = 'm' THEN 'materialised view' WHEN relkind = 'f' THEN 'foreign table' ELSE 'sequence' END),
    format('REVOKE ALL ON %s FROM %s', name, who)
FROM granted WHERE NOT internal AND (child OR relkind IN ('m', 'f', 'S'))
UNION ALL
-- TRUNCATE_GRANTED, REFERENCES_GRANTED, TRIGGER_GRANTED, UPDATE_GRANTED, DELETE_GRANTED, INSERT_GRANTED, MAINTAIN_GRANTED
SELECT right_to || '_GRANTED', name, format('%s may %s the %s as a whole', who, right_to,
        CASE relkind WHEN 'v' THEN 'view' ELSE 'table' END), revoke
FROM granted
WHERE NOT internal AND NOT child AND relkind IN ('r', 'p', 'v') AND attname IS NULL AND right_to <> 'SELECT'
UNION ALL
SELECT 'REFERENCES_GRANTED', name, format('%s may refer to column %I', who, attname), revoke
FROM granted WHERE NOT internal AND NOT child AND attname IS NOT NULL AND right_to = 'REFERENCES'
UNION ALL
SELECT 'TENANT_ID_GRANTED', format('%s.tenant_id', name), format('%s may %s the column', who, right_to), revoke
FROM granted WHERE NOT internal AND NOT child AND attname = 'tenant_id' AND right_to IN ('INSERT', 'UPDATE')
UNION ALL
SELECT 'GRANT_OPTION', name, format('%s may grant %s to others', who, right_to),
    format('REVOKE GRANT OPTION FOR %s%s ON %s FROM %s CASCADE', right_to, ' (' || quote_ident(attname) || ')', name, who)
FROM granted WHERE is_grantable
UNION ALL
SELECT 'TENANT_GRANTED', name, format('%s may %s it by a grant of its own', who, lower(right_to)), revoke
FROM granted WHERE grantee <> 0 AND who ~ '^tn_'
UNION ALL
SELECT DISTINCT 'STRANGER_GRANTED', tables.name, format('%s is no tenant and has rights on the table', grantee::regrole),
    format('REVOKE ALL ON %s FROM %s', tables.name, grantee::regrole)
FROM tables JOIN grants ON relation = tables.oid
WHERE grantee <> relowner AND grantee NOT IN (SELECT oid FROM tenants)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE pg_roles.oid = grantee AND (rolsuper OR rolbypassrls))
