DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tenantry_migrator') THEN
        CREATE ROLE tenantry_migrator LOGIN CREATEROLE CREATEDB;
    END IF;
END
$$;
