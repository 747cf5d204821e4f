-- The functions by which the service ends sessions of a tenant: one whose client is gone, or all of a tenant that is
-- suspended. The service has no right to signal a backend, and gets none: each function reaches the logins of the
-- tenant that it is called for, and nobody else's.

SET LOCAL ROLE tenantry_migrator;

DO $do$
DECLARE
    provisioner text;
    signature text;
BEGIN
    FOR number IN 0..63 LOOP
        provisioner := 'provisioner_' || lpad(number::text, 2, '0');
        EXECUTE format('SET LOCAL ROLE %I', 'tenantry_' || provisioner);
        -- What the two have in common, for themselves alone: ends the tenant's sessions, or the one with this
        -- number, and returns how many. PostgreSQL lets a member of a login end its sessions, so the provisioner is
        -- one for the length of this transaction, and nobody else ever sees it. That also is what holds if the
        -- number passes on to another's session meanwhile: then it is an error.
        -- No advisory lock: where PUBLIC has them still, a tenant could hold it and stand in the way. On PostgreSQL 14,
        -- where a login may grant itself, it still can, within a transaction that it leaves open: the caller's
        -- lock_timeout bounds that.
        EXECUTE format($sql$
            CREATE FUNCTION %I.end_sessions(tenant uuid, backend integer) RETURNS integer
                LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
                options text := '';
                login name;
                sessions integer[];
                ended integer := 0;
            BEGIN
                -- From PostgreSQL 16 a creator of roles has ADMIN on them and neither their rights nor SET ROLE; and
                -- it can give itself these.
                IF current_setting('server_version_num')::integer >= 160000 THEN
                    options := 'WITH INHERIT TRUE, SET FALSE';
                END IF;
                FOR login IN
                    SELECT DISTINCT usename FROM pg_stat_activity
                    WHERE usename IN (role || '_a', role || '_b') AND (backend IS NULL OR pid = backend)
                    ORDER BY usename
                LOOP
                    EXECUTE format('GRANT %%I TO CURRENT_USER %%s', login, options);
                    -- A worker of a parallel query goes with its leader. Only now is it to be seen which are those.
                    sessions := ARRAY(
                        SELECT pid FROM pg_stat_activity
                        WHERE usename = login AND backend_type = 'client backend' AND (backend IS NULL OR pid = backend)
                    );
                    ended := ended + (
                        SELECT count(*) FROM unnest(sessions) AS session WHERE pg_terminate_backend(session)
                    );
                    EXECUTE format('REVOKE %%I FROM CURRENT_USER', login);
                END LOOP;
                RETURN ended;
            END
            $function$
        $sql$, provisioner);
        -- Ends this backend if it is a session of the tenant's; false when there is none such.
        EXECUTE format($sql$
            CREATE FUNCTION %1$I.end_backend(tenant uuid, backend integer) RETURNS boolean
                LANGUAGE sql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
                SELECT CASE WHEN backend IS NULL THEN false ELSE %1$I.end_sessions(tenant, backend) > 0 END
            $function$
        $sql$, provisioner);
        -- Ends all sessions of the tenant, in whatever database, and returns how many.
        EXECUTE format($sql$
            CREATE FUNCTION %1$I.end_backends(tenant uuid) RETURNS integer
                LANGUAGE sql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
                SELECT %1$I.end_sessions(tenant, NULL)
            $function$
        $sql$, provisioner);
        FOREACH signature IN ARRAY ARRAY[
            'end_sessions(uuid, integer)', 'end_backend(uuid, integer)', 'end_backends(uuid)'
        ] LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %I.%s FROM PUBLIC', provisioner, signature);
        END LOOP;
        EXECUTE format(
            'GRANT EXECUTE ON FUNCTION %1$I.end_backend(uuid, integer), %1$I.end_backends(uuid) TO tenantry_service',
            provisioner
        );
        SET LOCAL ROLE tenantry_migrator;
    END LOOP;
END
$do$;

SET LOCAL ROLE tenantry_owner;
