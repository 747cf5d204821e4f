-- Run as a superuser. From PostgreSQL 16 the service may use the connections that reserved_connections keeps: it can end
-- sessions and suspend tenants when all other connections are taken.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE 'GRANT pg_use_reserved_connections TO tenantry_service WITH INHERIT TRUE, SET FALSE';
    END IF;
END
$$;
