-- Settings of roles, databases and the server.
WITH stored AS (
    SELECT rolname, datname, setrole, split_part(setting, '=', 1) AS parameter, setting,
        concat(
            CASE WHEN setrole <> 0 THEN format('ALTER ROLE %I', rolname) WHEN setdatabase = 0 THEN 'ALTER ROLE ALL' END,
            CASE WHEN setdatabase <> 0 THEN format(CASE WHEN setrole = 0 THEN 'ALTER DATABASE %I' ELSE ' IN DATABASE %I' END, datname) END,
            format(' RESET %s', split_part(setting, '=', 1))
        ) AS reset
    FROM pg_catalog.pg_db_role_setting
    LEFT JOIN pg_catalog.pg_roles ON pg_roles.oid = setrole
    LEFT JOIN pg_catalog.pg_database ON pg_database.oid = setdatabase
    CROSS JOIN unnest(setconfig) AS setting
    -- Settings of other databases do not apply to tenants' sessions.
    WHERE setdatabase = 0 OR datname IN ($1, $2)
)
SELECT 'SETTING_DANGEROUS' AS code, concat_ws(' in ', coalesce(rolname, 'every role'), datname) AS object, format('%s is set', setting) AS wrong, reset AS remedy
FROM stored
WHERE parameter IN ('session_replication_role', 'session_preload_libraries', 'lo_compat_privileges', 'allow_system_table_mods')
UNION ALL
SELECT 'TENANT_SETTING', concat_ws(' in ', rolname, datname), format('%s is set on a tenant''s login', setting), reset
FROM stored
WHERE rolname ~ '^tn_' AND parameter NOT IN ('session_replication_role', 'session_preload_libraries', 'lo_compat_privileges', 'allow_system_table_mods')
UNION ALL
SELECT 'FIXED_ROLE_SETTING', concat_ws(' in ', coalesce(rolname, 'every role'), datname), format('%s is set', setting), reset
FROM stored
WHERE (rolname ~ '^tenantry_' OR setrole = 0)
    AND parameter IN ('search_path', 'role', 'row_security', 'local_preload_libraries', 'default_transaction_read_only')
UNION ALL
SELECT 'SETTING_DANGEROUS', name, format('%s is %s for the whole server', name, setting), format('ALTER SYSTEM RESET %s', name)
FROM pg_catalog.pg_settings
WHERE source NOT IN ('default', 'database', 'user', 'database user', 'client', 'session')
    AND (name, reset_val) IN (('session_replication_role', 'replica'), ('lo_compat_privileges', 'on'), ('allow_system_table_mods', 'on'))
UNION ALL
SELECT 'PASSWORDS_WEAK', name, 'new passwords are kept as MD5', 'ALTER SYSTEM SET password_encryption = ''scram-sha-256'''
FROM pg_catalog.pg_settings WHERE name = 'password_encryption' AND setting = 'md5'
UNION ALL
-- One session takes an entry in 10 to 40 microseconds, and the watchdog samples every 20 ms: half of PostgreSQL's default
-- of 64 locks for each of 100 connections would be used up before it can act.
SELECT 'LOCK_TABLE_SMALL', 'max_locks_per_transaction',
    format('the lock table has room for %s entries: %s for each of %s transactions', locks * transactions, locks, transactions),
    format('ALTER SYSTEM SET max_locks_per_transaction = %s /* then restart PostgreSQL */', (25599 + transactions) / transactions)
FROM (
    SELECT current_setting('max_locks_per_transaction')::integer AS locks,
        current_setting('max_connections')::integer + current_setting('max_prepared_transactions')::integer AS transactions
) AS lock_table
WHERE $1 <> '' AND locks * transactions < 25600
UNION ALL
SELECT 'NOTIFY_QUEUE_FILLING', 'pg_notification_queue_usage()',
    format('the notification queue is %s %% full: a listening session has an open transaction', round((usage * 100)::numeric, 1)),
    -- Only a superuser sees the oldest transactions, and no login sees which sessions listen.
    'SELECT pid, usename, datname, state, xact_start, format(''SELECT pg_terminate_backend(%s)'', pid) AS to_end_it'
        ' FROM pg_stat_activity WHERE backend_type = ''client backend'' AND xact_start < now() ORDER BY xact_start'
FROM pg_notification_queue_usage() AS usage
WHERE usage > 0.01
