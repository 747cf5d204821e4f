-- Run as a superuser or as tenantry_migrator. Up to PostgreSQL 15 whoever has CREATEROLE may give this right, from 16
-- on only who has it WITH ADMIN OPTION. Without it the watchdog's function cannot signal: open_doors.sql tells.
DO $$
BEGIN
    IF NOT pg_has_role('tenantry_watchdog', 'pg_signal_backend', 'USAGE') THEN
        GRANT pg_signal_backend TO tenantry_watchdog;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN;
END
$$;
