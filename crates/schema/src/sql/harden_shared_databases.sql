-- Closes the databases that every cluster has, the maintenance database included, to tenants' logins.
DO $$
DECLARE
    shared text;
BEGIN
    FOR shared IN
        SELECT datname FROM pg_catalog.pg_database
        WHERE datname IN ('postgres', 'template1', current_database()) AND pg_has_role(datdba, 'USAGE')
    LOOP
        EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', shared);
    END LOOP;
    IF (SELECT pg_has_role(datdba, 'USAGE') FROM pg_catalog.pg_database WHERE datname = current_database()) THEN
        -- The migrator takes the cluster's lock here, and creates roles and databases.
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO tenantry_migrator', current_database());
    END IF;
END
$$;
