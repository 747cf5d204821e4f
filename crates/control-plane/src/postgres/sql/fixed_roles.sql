-- Run as tenantry_migrator in the maintenance database, under the cluster's lock.
DO $$
DECLARE
    -- From PostgreSQL 16 a membership says what it is good for.
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

    FOR number IN 0..63 LOOP
        provisioner := 'tenantry_provisioner_' || lpad(number::text, 2, '0');
        CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = provisioner);
        EXECUTE format('CREATE ROLE %I NOLOGIN CREATEROLE', provisioner);
        IF precise THEN
            -- The migrator creates objects as the provisioner; the provisioner gives tenants their group. Neither
            -- inherits anything by it.
            EXECUTE format('GRANT %I TO tenantry_migrator WITH INHERIT FALSE, SET TRUE', provisioner);
            EXECUTE format('GRANT tenantry_tenant TO %I WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', provisioner);
        ELSE
            EXECUTE format('GRANT %I TO tenantry_migrator', provisioner);
        END IF;
    END LOOP;
END
$$;
