-- Lets the watchdog's function signal backends. Run as a superuser or as tenantry_migrator. Up to PostgreSQL 15 the right
-- can be granted with CREATEROLE, from 16 on only with ADMIN OPTION. Without it hardening_gaps.sql reports
-- WATCHDOG_POWERLESS.
DO $$
BEGIN
    IF NOT pg_has_role('tenantry_watchdog', 'pg_signal_backend', 'USAGE') THEN
        GRANT pg_signal_backend TO tenantry_watchdog;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN;
END
$$;
