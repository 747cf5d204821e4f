-- Run in the tenants' database. Refuses DDL in tenants' sessions before it takes a lock. Tenants have no right to DDL,
-- but PostgreSQL takes the locks of CREATE TRIGGER, CREATE RULE and ALTER INDEX … DEPENDS ON before it checks the right,
-- and all other sessions queue behind a waiting lock request. An event trigger fires before the lock.
-- Only a superuser can create one; without a superuser hardening_gaps.sql reports GUARD_MISSING.
DO $$
BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tenantry_tenant', current_database());
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        RETURN;
    END IF;
    CREATE SCHEMA IF NOT EXISTS tenantry_guard;
    -- The function runs with the rights of any role that runs DDL, superusers included: only a superuser may replace it.
    ALTER SCHEMA tenantry_guard OWNER TO CURRENT_USER;
    -- session_user, as in app.tid(): SET ROLE and SECURITY DEFINER functions do not change it.
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
