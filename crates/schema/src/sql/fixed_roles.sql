-- Creates the fixed roles. Run as tenantry_migrator in the maintenance database, under the cluster's lock.
DO $$
DECLARE
    -- From PostgreSQL 16 on, a membership has the options INHERIT and SET.
    precise boolean := current_setting('server_version_num')::integer >= 160000;
    provisioner text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_owner') THEN
        CREATE ROLE tenantry_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_tenant') THEN
        CREATE ROLE tenantry_tenant NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_service') THEN
        CREATE ROLE tenantry_service LOGIN;
    END IF;
    GRANT tenantry_owner TO tenantry_migrator;
    -- The migrator creates objects as the granter and the provisioners, without inheriting their rights.
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_granter') THEN
        CREATE ROLE tenantry_granter NOLOGIN;
        IF precise THEN
            EXECUTE 'GRANT tenantry_granter TO tenantry_migrator WITH INHERIT FALSE, SET TRUE';
        ELSE
            GRANT tenantry_granter TO tenantry_migrator;
        END IF;
    END IF;
    -- The granter adds tenants' logins to the group. Checked on every run: without it no tenant can be created.
    IF NOT pg_has_role('tenantry_granter', 'tenantry_tenant', 'MEMBER WITH ADMIN OPTION') THEN
        IF precise THEN
            IF NOT pg_has_role('tenantry_tenant', 'MEMBER WITH ADMIN OPTION') THEN
                RAISE EXCEPTION 'tenantry_migrator may not grant tenantry_tenant, which another role created'
                    USING ERRCODE = 'insufficient_privilege',
                        HINT = 'GRANT tenantry_tenant TO tenantry_migrator WITH ADMIN TRUE, INHERIT FALSE, SET FALSE';
            END IF;
            EXECUTE 'GRANT tenantry_tenant TO tenantry_granter WITH ADMIN TRUE, INHERIT FALSE, SET FALSE';
        ELSE
            GRANT tenantry_tenant TO tenantry_granter WITH ADMIN OPTION;
        END IF;
    END IF;

    -- The migrator creates the watchdog's function as this role, with whose right it signals backends.
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_watchdog') THEN
        CREATE ROLE tenantry_watchdog NOLOGIN;
        IF precise THEN
            EXECUTE 'GRANT tenantry_watchdog TO tenantry_migrator WITH INHERIT FALSE, SET TRUE';
        ELSE
            GRANT tenantry_watchdog TO tenantry_migrator;
        END IF;
    END IF;

    FOR number IN 0..63 LOOP
        provisioner := 'tenantry_provisioner_' || lpad(number::text, 2, '0');
        CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = provisioner);
        EXECUTE format('CREATE ROLE %I NOLOGIN CREATEROLE', provisioner);
        IF precise THEN
            EXECUTE format('GRANT %I TO tenantry_migrator WITH INHERIT FALSE, SET TRUE', provisioner);
        ELSE
            EXECUTE format('GRANT %I TO tenantry_migrator', provisioner);
        END IF;
    END LOOP;
END
$$;
