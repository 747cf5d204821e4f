-- Ends a tenant's session that holds more than its share of what all sessions of the server have in common, such as the
-- lock table; and any session of the tenant's that should be gone. The provisioners' functions can do the second as
-- well, but by a GRANT, which takes locks itself: there may be none left, or a tenant may hold them. This one writes
-- nothing. Its owner may signal backends (pg_signal_backend), and the service may execute it and has no such right.

SET LOCAL ROLE tenantry_migrator;
CREATE SCHEMA watchdog AUTHORIZATION tenantry_watchdog;
SET LOCAL ROLE tenantry_watchdog;
GRANT USAGE ON SCHEMA watchdog TO tenantry_service;

-- Ends this backend if it is a session of the tenant's; false when there is none such. Where `beyond` is given, only
-- if it still holds more than so many entries of the lock table, or holds or awaits a lock on a shared object: a
-- session that has given them back meanwhile is let be. A session's start locks its database, and a NOTIFY takes turns
-- by a lock on database 0: both are let be.
CREATE FUNCTION watchdog.end_session(tenant uuid, backend integer, beyond integer) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role text := 'tn_' || replace(tenant::text, '-', '');
BEGIN
    -- By the function and not by the view, which reads all roles. Without a number it lists all backends.
    IF tenant IS NULL OR backend IS NULL OR NOT EXISTS (
        SELECT FROM pg_stat_get_activity(backend) AS session
        WHERE pg_get_userbyid(session.usesysid) IN (role || '_a', role || '_b', role || '_p')
    ) THEN
        RETURN false;
    END IF;
    IF beyond IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_lock_status() AS held
        WHERE held.pid = backend
        HAVING count(*) FILTER (WHERE NOT held.fastpath) > beyond
            OR bool_or(held.locktype = 'object' AND held.database = 0 AND held.objid <> 0
                AND NOT (held.classid = 'pg_database'::regclass AND held.mode = 'RowExclusiveLock'))
    ) THEN
        RETURN false;
    END IF;
    RETURN pg_terminate_backend(backend);
END
$$;
REVOKE ALL ON FUNCTION watchdog.end_session(uuid, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION watchdog.end_session(uuid, integer, integer) TO tenantry_service;

SET LOCAL ROLE tenantry_owner;
