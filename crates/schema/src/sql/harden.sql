-- Revokes what a fresh database grants to PUBLIC. Run in that database as a superuser, or as tenantry_migrator, which
-- cannot revoke rights on what it does not own. hardening_gaps.sql reads the same privileges back.
DO $$
DECLARE
    creator text;
    creators text[];
    door text;
    routine regprocedure;
BEGIN
    -- CREATE DATABASE … TEMPLATE copies no database-level ACL, so this runs after every creation.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tenantry_migrator, tenantry_service', current_database());

    FOR door IN
        SELECT nspname FROM pg_catalog.pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND pg_has_role(nspowner, 'USAGE')
            AND EXISTS (SELECT FROM aclexplode(nspacl) AS acl WHERE acl.grantee = 0)
    LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', door);
    END LOOP;

    -- This also revokes grants on single columns.
    FOR door IN
        SELECT pg_class.oid::regclass::text
        FROM pg_catalog.pg_class
        JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND pg_has_role(relowner, 'USAGE')
            AND (EXISTS (SELECT FROM aclexplode(relacl) AS acl WHERE acl.grantee = 0)
                OR EXISTS (
                    SELECT FROM pg_catalog.pg_attribute, aclexplode(attacl) AS acl
                    WHERE attrelid = pg_class.oid AND acl.grantee = 0
                ))
    LOOP
        EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC', door);
    END LOOP;

    -- PostgreSQL's own functions that reach across tenants: advisory locks, large objects (no row level security),
    -- logical messages (sent to every consumer), currtid2 (follows rows past policies). And every function outside
    -- pg_catalog, those of extensions included: what tenants need is granted to them.
    FOR routine IN
        SELECT pg_proc.oid::regprocedure
        FROM pg_catalog.pg_proc
        JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pronamespace
        WHERE pg_has_role(proowner, 'USAGE')
            AND EXISTS (
                SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl WHERE acl.grantee = 0
            )
            AND ((nspname !~ '^pg_' AND nspname <> 'information_schema')
                OR (nspname = 'pg_catalog'
                    AND (proname ~ '^(pg_(try_)?advisory_|lo_)'
                        OR proname IN ('loread', 'lowrite', 'pg_logical_emit_message', 'currtid2'))))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', routine);
    END LOOP;

    SELECT array_agg(rolname) INTO creators FROM pg_catalog.pg_roles WHERE rolname ~ '^tenantry_provisioner_[0-9]{2}$';
    -- Functions that disclose other tenants' activity: sessions, locks, sizes, totals, the write-ahead log. This also
    -- closes the views over them. The service needs some of them; monitoring logins have pg_monitor. Functions that a
    -- later version removes are left out: pg_upgrade fails when one has an access list.
    FOR routine IN
        SELECT pg_proc.oid::regprocedure
        FROM pg_catalog.pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND pg_has_role(proowner, 'USAGE')
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
            AND (NOT has_function_privilege('tenantry_service', pg_proc.oid, 'EXECUTE') OR EXISTS (
                SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl WHERE acl.grantee = 0
            ))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', routine);
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO tenantry_service, tenantry_migrator, pg_monitor', routine);
    END LOOP;
    IF (
        SELECT pg_has_role(proowner, 'USAGE') FROM pg_catalog.pg_proc
        WHERE oid = 'pg_catalog.pg_advisory_lock(bigint)'::regprocedure
    ) THEN
        -- The functions of the provisioners and of the watchdog look up sessions with these.
        EXECUTE format(
            'GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_get_activity(integer), pg_catalog.pg_lock_status()
                TO tenantry_watchdog, %s',
            (SELECT string_agg(quote_ident(name), ', ') FROM unnest(creators) AS name)
        );
        -- For the lock of migrations and that of the provisioners.
        GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_lock(bigint), pg_catalog.pg_advisory_unlock(bigint)
            TO tenantry_migrator, tenantry_owner;
        EXECUTE format(
            'GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO %s',
            (SELECT string_agg(quote_ident(name), ', ') FROM unnest(creators) AS name)
        );
    END IF;

    -- Without IN SCHEMA: default privileges of a schema can only add to the global ones.
    FOREACH creator IN ARRAY creators || ARRAY['tenantry_owner', 'tenantry_migrator', 'tenantry_granter', 'tenantry_watchdog'] LOOP
        EXECUTE format('SET LOCAL ROLE %I', creator);
        ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    END LOOP;
    SET LOCAL ROLE NONE;
END
$$;
