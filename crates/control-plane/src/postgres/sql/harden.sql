-- What PUBLIC may do in a fresh database, taken back. Run in that database as a superuser, or as
-- tenantry_migrator, which can do less of it: what it does not own is left, and found when the ACLs are read back.
DO $$
DECLARE
    creator text;
    function regprocedure;
BEGIN
    -- CREATE DATABASE … TEMPLATE copies no database-level ACL, so this runs after every creation.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tenantry_migrator, tenantry_service', current_database());

    IF (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = 'public') THEN
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
    END IF;

    -- Session-wide locks would reach across tenants, and large objects know no row level security.
    FOR function IN
        SELECT oid::regprocedure FROM pg_catalog.pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
            AND (proname ~ '^pg_(try_)?advisory_' OR proname ~ '^lo_' OR proname IN ('loread', 'lowrite'))
            AND pg_has_role(proowner, 'USAGE')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function);
        -- The migrations' own lock.
        IF function IN ('pg_advisory_lock(bigint)'::regprocedure, 'pg_advisory_unlock(bigint)'::regprocedure) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tenantry_migrator, tenantry_owner', function);
        END IF;
    END LOOP;

    -- Without IN SCHEMA: with it, it could only add to what is granted by default.
    FOR creator IN
        SELECT rolname FROM pg_catalog.pg_roles
        WHERE rolname IN ('tenantry_owner', 'tenantry_migrator') OR rolname ~ '^tenantry_provisioner_[0-9]{2}$'
    LOOP
        EXECUTE format('SET LOCAL ROLE %I', creator);
        ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    END LOOP;
    SET LOCAL ROLE NONE;
END
$$;
