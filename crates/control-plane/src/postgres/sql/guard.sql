-- Tenants' databases only. A tenant's session runs no DDL. It has no right to any either; but PostgreSQL takes the lock
-- of CREATE TRIGGER, CREATE RULE and ALTER INDEX … DEPENDS ON before it asks for the right, and who waits for such a lock
-- has all others wait behind: one tenant would stop every other one. An event trigger comes before the lock.
-- Only a superuser can make one: without it this is left, and found when it is looked for.
DO $$
BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tenantry_tenant', current_database());
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        RETURN;
    END IF;
    CREATE SCHEMA IF NOT EXISTS tenantry_guard;
    -- It runs with the rights of whoever runs DDL, a superuser's too: nobody else shall be able to replace it.
    ALTER SCHEMA tenantry_guard OWNER TO CURRENT_USER;
    -- By session_user, as app.tid(): SET ROLE and functions with the owner's rights do not move it.
    CREATE OR REPLACE FUNCTION tenantry_guard.refuse_ddl() RETURNS event_trigger
        LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        IF session_user ~ '^tn_[0-9a-f]{32}_[abp]$' THEN
            RAISE EXCEPTION 'permission denied: a tenant runs no %', tg_tag USING ERRCODE = 'insufficient_privilege';
        END IF;
    END
    $function$;
    ALTER FUNCTION tenantry_guard.refuse_ddl() OWNER TO CURRENT_USER;
    REVOKE ALL ON FUNCTION tenantry_guard.refuse_ddl() FROM PUBLIC;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = 'tenantry_guard') THEN
        CREATE EVENT TRIGGER tenantry_guard ON ddl_command_start EXECUTE FUNCTION tenantry_guard.refuse_ddl();
    END IF;
    ALTER EVENT TRIGGER tenantry_guard ENABLE ALWAYS;
END
$$;
