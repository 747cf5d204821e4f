-- From PostgreSQL 16 on only a member with ADMIN OPTION may alter a role. The creator of a role is such a member, but roles
-- of an older server (pg_upgrade, a dump) have none. Grants it to the role that would have created them: fixed roles to
-- the migrator, tenants' logins to their provisioner. Run as a superuser.
DO $$
DECLARE
    orphan record;
BEGIN
    IF current_setting('server_version_num')::integer < 160000 THEN
        RETURN;
    END IF;
    FOR orphan IN
        SELECT role.rolname, creator.rolname AS creator,
            EXISTS (
                SELECT FROM pg_catalog.pg_auth_members
                WHERE roleid = role.oid AND pg_auth_members.member = creator.oid
            ) AS is_member
        FROM pg_catalog.pg_roles AS role
        JOIN pg_catalog.pg_roles AS creator ON creator.rolname = CASE
            WHEN role.rolname ~ '^tenantry_' THEN 'tenantry_migrator'
            -- The doctor's tenants; for all others the last byte of the id decides, as in tenant_login.rs.
            WHEN role.rolname ~ '^tn_d0c7d0c7d0c74d0c' THEN 'tenantry_provisioner_00'
            ELSE 'tenantry_provisioner_'
                || lpad((get_byte(decode(substr(role.rolname, 34, 2), 'hex'), 0) % 64)::text, 2, '0')
        END
        WHERE role.rolname ~ '^(tenantry_(owner|tenant|service|granter|watchdog|provisioner_[0-9]{2})|tn_[0-9a-f]{32}(_[abp])?)$'
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_auth_members
                WHERE roleid = role.oid AND pg_auth_members.member = creator.oid AND admin_option
            )
    LOOP
        EXECUTE format(
            'GRANT %I TO %I WITH ADMIN TRUE%s', orphan.rolname, orphan.creator,
            -- A membership that is there keeps its other options.
            CASE WHEN orphan.is_member THEN '' ELSE ', INHERIT FALSE, SET FALSE' END
        );
    END LOOP;
END
$$;
