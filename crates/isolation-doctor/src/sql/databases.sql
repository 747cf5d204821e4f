-- Databases that a tenant's login may connect to. $1: the tenants' database, $2: the control store, each empty if it is in
-- another cluster; $3: the maintenance database.
WITH tenants (oid) AS (
    SELECT 0::oid
    UNION ALL
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_tenant' OR rolname ~ '^tn_'
),
open AS (
    SELECT datname, privilege_type, grantee, is_grantable,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS who
    FROM pg_catalog.pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
    WHERE grantee IN (SELECT oid FROM tenants) AND datallowconn
)
SELECT 'DATABASE_OPEN' AS code, quote_ident(datname) AS object, format('%s has %s on the database', who, privilege_type) AS wrong,
    format('REVOKE %s ON DATABASE %I FROM %s', privilege_type, datname, who) AS remedy
FROM open
WHERE datname IN ($1, $2) AND NOT (datname = $1 AND who = 'tenantry_tenant' AND privilege_type = 'CONNECT' AND NOT is_grantable)
UNION ALL
SELECT CASE WHEN datname IN ('postgres', 'template1', $3) THEN 'SHARED_DATABASE_OPEN' ELSE 'OTHER_DATABASE_OPEN' END,
    quote_ident(datname), format('%s has %s on the database', who, privilege_type),
    format('REVOKE %s ON DATABASE %I FROM %s', privilege_type, datname, who)
FROM open
WHERE datname NOT IN ($1, $2) AND (who <> 'tenantry_tenant' OR datname IN ('postgres', 'template1', $3))
UNION ALL
SELECT 'DATABASE_OWNER', quote_ident(datname), format('its owner is %s', pg_get_userbyid(datdba)),
    format('ALTER DATABASE %I OWNER TO tenantry_owner', datname)
FROM pg_catalog.pg_database
WHERE datname IN ($1, $2) AND pg_get_userbyid(datdba) <> 'tenantry_owner'
UNION ALL
SELECT 'DATABASE_MISSING', wanted, 'the maintenance database is not in this cluster', NULL
FROM (VALUES ($3)) AS maintenance (wanted)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = wanted)
