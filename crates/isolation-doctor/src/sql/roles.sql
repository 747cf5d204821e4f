-- Roles of tenants, and members of the fixed roles. powerful_roles.sql of the migrations checks the fixed roles themselves.
WITH roles AS (
    SELECT pg_roles.*, quote_ident(rolname) AS name,
        rolname ~ '^tn_' AS tenant,
        rolname ~ '^tn_[0-9a-f]{32}_[abp]$' AS login,
        rolname IN ('tenantry_owner', 'tenantry_tenant', 'tenantry_service', 'tenantry_migrator')
            OR rolname ~ '^tenantry_(granter|watchdog|provisioner_[0-9]{2})$' AS fixed
    FROM pg_catalog.pg_roles
),
powers AS (
    SELECT roles.*, power
    FROM roles, LATERAL (VALUES
        ('SUPERUSER', rolsuper), ('BYPASSRLS', rolbypassrls), ('CREATEROLE', rolcreaterole),
        ('CREATEDB', rolcreatedb), ('REPLICATION', rolreplication)
    ) AS powers (power, given)
    WHERE given
),
memberships AS (
    SELECT member.rolname AS member, role.rolname AS role, member.name AS member_name, role.name AS role_name,
        member.tenant AS tenant, member.fixed AS fixed, admin_option
    FROM pg_catalog.pg_auth_members
    JOIN roles AS member ON member.oid = pg_auth_members.member
    JOIN roles AS role ON role.oid = pg_auth_members.roleid
),
owned AS MATERIALIZED (
    SELECT refobjid AS owner, count(*) FILTER (
        -- A tenant may create both on a server that is not hardened, without harm to others.
        WHERE classid NOT IN ('pg_default_acl'::regclass, 'pg_largeobject'::regclass)
    ) AS objects
    FROM pg_catalog.pg_shdepend
    WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o'
    GROUP BY refobjid
)
-- TENANT_SUPERUSER, TENANT_BYPASSRLS, TENANT_CREATEROLE, TENANT_CREATEDB, TENANT_REPLICATION
SELECT 'TENANT_' || power AS code, name AS object, format('the tenant''s role has %s', power) AS wrong,
    format('ALTER ROLE %s NO%s', name, power) AS remedy
FROM powers WHERE tenant
UNION ALL
SELECT 'FIXED_ROLE_MISSING', wanted, 'there is no such role', NULL
FROM (
    VALUES ('tenantry_owner'), ('tenantry_tenant'), ('tenantry_service'), ('tenantry_migrator'), ('tenantry_granter'), ('tenantry_watchdog')
    UNION ALL
    SELECT 'tenantry_provisioner_' || lpad(number::text, 2, '0') FROM generate_series(0, 63) AS number
) AS fixed (wanted)
WHERE wanted NOT IN (SELECT rolname FROM roles)
UNION ALL
SELECT 'GRANTER_POWERLESS', 'tenantry_granter', 'the role may not add members to the tenants'' group',
    'GRANT tenantry_tenant TO tenantry_granter WITH ADMIN '
        || CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'OPTION' ELSE 'TRUE, INHERIT FALSE, SET FALSE' END
FROM roles
WHERE rolname = 'tenantry_granter' AND NOT pg_has_role(oid, (SELECT oid FROM roles WHERE rolname = 'tenantry_tenant'), 'MEMBER WITH ADMIN OPTION')
UNION ALL
SELECT 'TENANT_ROLE_LOGIN', name, 'the role can log in, which only a tenant''s logins should', format('ALTER ROLE %s NOLOGIN', name)
FROM roles WHERE tenant AND rolcanlogin AND NOT login
UNION ALL
-- app.tid() reads 32 characters from the fourth on, and ignores the others.
SELECT 'TENANT_LOOKALIKE', name, 'app.tid() identifies its sessions as a tenant''s', format('ALTER ROLE %s NOLOGIN', name)
FROM roles WHERE rolcanlogin AND rolname ~* '^.{3}[0-9a-f]{32}' AND rolname !~ '^tn_[0-9a-f]{32}(_[abp])?$'
UNION ALL
SELECT 'TENANT_MEMBERSHIP', member_name, format('the tenant''s role is a member of %s', role_name),
    format('REVOKE %s FROM %s', role_name, member_name)
FROM memberships
WHERE tenant AND role <> 'tenantry_tenant' AND NOT (role !~ '_[abp]$' AND member ~ '_[abp]$' AND left(member, -2) = role)
    AND NOT (role ~ '^tn_' AND current_setting('server_version_num')::integer < 150000)
UNION ALL
-- Up to PostgreSQL 14 a login may make others members of itself, which gains it nothing.
SELECT 'TENANT_LOGIN_SHARED', role_name, format('%s is a member of the tenant''s role', member_name),
    format('REVOKE %s FROM %s', role_name, member_name)
FROM memberships
WHERE role ~ '^tn_' AND NOT (role !~ '_[abp]$' AND member ~ '_[abp]$' AND left(member, -2) = role)
    AND member !~ '^tenantry_provisioner_'
    AND NOT (tenant AND current_setting('server_version_num')::integer >= 150000)
UNION ALL
SELECT 'TENANT_ADMIN_OPTION', member_name, format('the tenant''s role may make others members of %s', role_name),
    format('REVOKE ADMIN OPTION FOR %s FROM %s CASCADE', role_name, member_name)
FROM memberships
-- Up to PostgreSQL 14 a login can share itself so: see TENANT_LOGIN_SHARED.
WHERE tenant AND admin_option AND NOT (role ~ '^tn_' AND current_setting('server_version_num')::integer < 150000)
UNION ALL
SELECT 'FIXED_ROLE_SHARED', role_name, format('%s is a member of the role', member_name),
    format('REVOKE %s FROM %s', role_name, member_name)
FROM memberships
WHERE (role IN ('tenantry_owner', 'tenantry_service', 'tenantry_migrator', 'tenantry_tenant') OR role ~ '^tenantry_(granter$|watchdog$|provisioner_)')
    AND NOT fixed AND NOT tenant
UNION ALL
SELECT 'TENANT_OWNS', name, format('the tenant''s role owns %s object(s)', objects),
    format('REASSIGN OWNED BY %s TO tenantry_owner', name)
FROM owned JOIN roles ON roles.oid = owner
WHERE tenant AND objects > 0
UNION ALL
SELECT 'FIXED_ROLE_OWNS', name, format('the role owns %s object(s)', objects),
    format('REASSIGN OWNED BY %s TO tenantry_owner', name)
FROM owned JOIN roles ON roles.oid = owner
WHERE rolname IN ('tenantry_service', 'tenantry_tenant') AND objects > 0
UNION ALL
SELECT 'TENANT_EXPIRES', name, format('the login''s password %s at %s', CASE WHEN rolvaliduntil <= now() THEN 'has expired' ELSE 'expires' END, rolvaliduntil), format('ALTER ROLE %s VALID UNTIL %L', name, 'infinity')
FROM roles WHERE tenant AND rolvaliduntil < 'infinity'
UNION ALL
SELECT 'BYPASSRLS_LOGIN', name, 'the login is not bound by row level security', format('ALTER ROLE %s NOBYPASSRLS', name)
FROM roles WHERE rolbypassrls AND NOT rolsuper AND rolcanlogin AND NOT fixed AND NOT tenant AND rolname <> 'tenantry_backup'
UNION ALL
SELECT 'BACKUP_LOGIN_MISSING', 'tenantry_backup', 'no login can make a backup', 'CREATE ROLE tenantry_backup LOGIN BYPASSRLS'
WHERE NOT EXISTS (
    SELECT FROM roles
    -- Superusers of hosting providers.
    WHERE rolcanlogin AND (rolsuper OR rolbypassrls) AND rolname NOT IN ('rdsadmin', 'cloudsqladmin', 'azuresu', 'azure_superuser')
)
