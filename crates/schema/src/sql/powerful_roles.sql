-- Attributes and memberships that fixed roles must not have. A role may have existed before us, with more rights than we
-- would give it.
SELECT CASE power.name WHEN 'LOGIN' THEN 'FIXED_ROLE_LOGIN' ELSE 'FIXED_ROLE_POWER' END AS code, quote_ident(rolname) AS object,
    format('%s has %s', rolname, power.name) AS wrong,
    format('ALTER ROLE %I NO%s', rolname, power.name) AS remedy
FROM pg_catalog.pg_roles,
    LATERAL (VALUES
        ('SUPERUSER', rolsuper),
        ('BYPASSRLS', rolbypassrls),
        ('REPLICATION', rolreplication),
        ('CREATEROLE', rolcreaterole AND rolname IN ('tenantry_owner', 'tenantry_service', 'tenantry_tenant', 'tenantry_granter', 'tenantry_watchdog')),
        ('CREATEDB', rolcreatedb AND rolname IN ('tenantry_owner', 'tenantry_service', 'tenantry_tenant', 'tenantry_granter', 'tenantry_watchdog')),
        ('LOGIN', rolcanlogin AND (rolname IN ('tenantry_owner', 'tenantry_tenant')
            OR rolname ~ '^tenantry_(granter|watchdog|provisioner_[0-9]{2})$'))
    ) AS power (name, given)
WHERE rolname ~ '^tenantry_' AND rolname <> 'tenantry_backup' AND power.given
UNION ALL
-- On PostgreSQL 14 a tenant can make any role a member of its own login. That gives the tenant nothing: tn_ is allowed.
SELECT 'FIXED_ROLE_MEMBERSHIP', quote_ident(member.rolname), format('%s is a member of %s', member.rolname, role.rolname),
    format('REVOKE %I FROM %I', role.rolname, member.rolname)
FROM pg_catalog.pg_auth_members
JOIN pg_catalog.pg_roles AS role ON role.oid = pg_auth_members.roleid
JOIN pg_catalog.pg_roles AS member ON member.oid = pg_auth_members.member
WHERE role.rolname !~ '^tn_'
    -- See reserved_connections.sql.
    AND NOT (member.rolname = 'tenantry_service' AND role.rolname = 'pg_use_reserved_connections')
    AND (member.rolname IN ('tenantry_owner', 'tenantry_service', 'tenantry_tenant')
        OR (member.rolname = 'tenantry_watchdog' AND role.rolname <> 'pg_signal_backend')
        OR (member.rolname ~ '^tenantry_(granter|provisioner_[0-9]{2})$' AND role.rolname <> 'tenantry_tenant'))
ORDER BY wrong
