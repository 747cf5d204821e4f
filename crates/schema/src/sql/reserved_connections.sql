-- Lets the service use reserved connections (PostgreSQL 16 and later), so that it can end sessions and suspend tenants
-- when all other connections are taken. Run as a superuser.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE 'GRANT pg_use_reserved_connections TO tenantry_service WITH INHERIT TRUE, SET FALSE';
    END IF;
END
$$;
