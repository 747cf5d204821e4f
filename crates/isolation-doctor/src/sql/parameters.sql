-- Grants on settings that only a superuser may change (PostgreSQL 15 and newer).
SELECT 'PARAMETER_GRANTED' AS code, parname AS object, format('%s may %s it', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type) AS wrong,
    format('REVOKE ALL ON PARAMETER %I FROM %s', parname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END) AS remedy
FROM pg_catalog.pg_parameter_acl, aclexplode(paracl)
WHERE grantee = 0 OR EXISTS (
    SELECT FROM pg_catalog.pg_roles
    WHERE oid = grantee AND (rolname = 'tenantry_tenant' OR rolname ~ '^tn_')
)
