-- What hardening left open in this database, read back from the access lists. Empty for a hardened database.
SELECT CASE acl.privilege_type WHEN 'CREATE' THEN 'SCHEMA_CREATE' ELSE 'PUBLIC_GRANTED' END AS code,
    format('schema %I', nspname) AS object,
    format('PUBLIC has %s on schema %s', lower(acl.privilege_type), nspname) AS wrong,
    format('REVOKE %s ON SCHEMA %I FROM PUBLIC', acl.privilege_type, nspname) AS remedy
FROM pg_catalog.pg_namespace, aclexplode(nspacl) AS acl
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND acl.grantee = 0
UNION ALL
SELECT 'PUBLIC_GRANTED', format('%I.%I', nspname, relname),
    format('PUBLIC has %s on %s.%s', lower(acl.privilege_type), nspname, relname),
    format('REVOKE ALL ON %I.%I FROM PUBLIC', nspname, relname)
FROM pg_catalog.pg_class
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace, aclexplode(relacl) AS acl
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND acl.grantee = 0
UNION ALL
SELECT 'PUBLIC_GRANTED', format('%I.%I.%I', nspname, relname, attname),
    format('PUBLIC has %s on %s.%s.%s', lower(acl.privilege_type), nspname, relname, attname),
    format('REVOKE %s (%I) ON %I.%I FROM PUBLIC', acl.privilege_type, attname, nspname, relname)
FROM pg_catalog.pg_attribute
JOIN pg_catalog.pg_class ON pg_class.oid = attrelid
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace, aclexplode(attacl) AS acl
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND acl.grantee = 0
UNION ALL
SELECT CASE nspname WHEN 'pg_catalog' THEN 'SYSTEM_FUNCTION_OPEN' ELSE 'PUBLIC_EXECUTE' END, pg_proc.oid::regprocedure::text,
    format('PUBLIC may execute %s', pg_proc.oid::regprocedure),
    format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', pg_proc.oid::regprocedure)
FROM pg_catalog.pg_proc
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pronamespace,
    aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
WHERE acl.grantee = 0
    AND ((nspname !~ '^pg_' AND nspname <> 'information_schema')
        OR (nspname = 'pg_catalog'
            AND (proname ~ '^(pg_(try_)?advisory_|lo_)'
                OR proname IN ('loread', 'lowrite', 'pg_logical_emit_message', 'currtid2'))))
UNION ALL
-- One row for all, since there are more than a hundred. The remedy leaves them to the service.
SELECT 'SYSTEM_FUNCTION_TELLS', 'functions that disclose other tenants',
    format('PUBLIC may execute %s of them, such as %s', count(*), min(name)),
    format(
        'GRANT EXECUTE ON FUNCTION %1$s TO tenantry_service, tenantry_migrator, pg_monitor; '
        'GRANT EXECUTE ON FUNCTION pg_stat_get_activity(integer), pg_lock_status() TO tenantry_watchdog, %2$s; '
        'REVOKE EXECUTE ON FUNCTION %1$s FROM PUBLIC',
        string_agg(name, ', ' ORDER BY name),
        (SELECT string_agg(quote_ident(rolname), ', ' ORDER BY rolname) FROM pg_catalog.pg_roles
            WHERE rolname ~ '^tenantry_provisioner_[0-9]{2}$')
    )
FROM (
    SELECT pg_proc.oid::regprocedure::text AS name
    FROM pg_catalog.pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
    WHERE pronamespace = 'pg_catalog'::regnamespace AND acl.grantee = 0
        AND ((proname ~ '^pg_(stat_get|control|(current|last)_wal)_'
            AND proname !~ '^pg_stat_get_(xact_|snapshot_timestamp|buf_(fsync|written)_backend|checkpoint_(sync|write)_time'
                '|bgwriter_(buf_written_checkpoints|(requested|timed)_checkpoints))')
            OR proname IN (
            'pg_lock_status', 'pg_blocking_pids', 'pg_safe_snapshot_blocking_pids', 'pg_isolation_test_session_is_blocked',
            'pg_prepared_xact', 'pg_get_replication_slots', 'pg_notification_queue_usage', 'pg_xact_status', 'txid_status',
            'pg_xact_commit_timestamp', 'pg_xact_commit_timestamp_origin', 'pg_last_committed_xact',
            'pg_last_xact_replay_timestamp', 'pg_get_multixact_members', 'pg_database_size', 'pg_tablespace_size',
            'pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size', 'pg_postmaster_start_time',
            'pg_conf_load_time', 'pg_get_wal_summarizer_state', 'pg_available_wal_summaries', 'pg_wal_summary_contents',
            'pg_get_loaded_modules'))
) AS disclosing
HAVING count(*) > 0
UNION ALL
SELECT 'DEFAULT_PRIVILEGES', quote_ident(rolname), format('PUBLIC may execute functions that %s creates', rolname),
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', rolname)
FROM pg_catalog.pg_roles
WHERE (rolname IN ('tenantry_owner', 'tenantry_migrator') OR rolname ~ '^tenantry_(granter|watchdog|provisioner_[0-9]{2})$')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_default_acl
        WHERE defaclrole = pg_roles.oid AND defaclnamespace = 0 AND defaclobjtype = 'f'
            AND NOT EXISTS (SELECT FROM aclexplode(defaclacl) AS acl WHERE acl.grantee = 0)
    )
UNION ALL
SELECT 'GUARD_MISSING', 'event trigger tenantry_guard', 'the event trigger that refuses tenants'' DDL before it takes locks is missing',
    (SELECT 'ALTER EVENT TRIGGER tenantry_guard ENABLE ALWAYS' FROM pg_catalog.pg_event_trigger WHERE evtname = 'tenantry_guard' AND evtenabled <> 'A')
FROM pg_catalog.pg_database
WHERE datname = current_database()
    AND EXISTS (
        SELECT FROM aclexplode(datacl) AS acl
        WHERE pg_get_userbyid(acl.grantee) = 'tenantry_tenant' AND acl.privilege_type = 'CONNECT'
    )
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_event_trigger
        JOIN pg_catalog.pg_proc ON pg_proc.oid = evtfoid
        JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pronamespace
        WHERE evtname = 'tenantry_guard' AND evtevent = 'ddl_command_start' AND evtenabled = 'A' AND evttags IS NULL
            AND nspname = 'tenantry_guard' AND proname = 'refuse_ddl'
    )
UNION ALL
SELECT 'WATCHDOG_POWERLESS', 'tenantry_watchdog', 'the watchdog may not signal backends: it cannot end a session while the lock table is full',
    'GRANT pg_signal_backend TO tenantry_watchdog'
FROM pg_catalog.pg_roles
WHERE rolname = 'tenantry_watchdog' AND NOT pg_has_role(oid, 'pg_signal_backend', 'USAGE')
    AND EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'watchdog')
ORDER BY wrong
