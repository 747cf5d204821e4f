-- The functions by which the service closes and opens a tenant's logins, removes its rows and drops its roles.

SET LOCAL ROLE tenantry_migrator;

DO $do$
DECLARE
    provisioner text;
    signature text;
BEGIN
    FOR number IN 0..63 LOOP
        provisioner := 'provisioner_' || lpad(number::text, 2, '0');
        EXECUTE format('SET LOCAL ROLE %I', 'tenantry_' || provisioner);
        -- No login of the tenant's can begin a session from the end of this transaction on. What has begun goes on:
        -- end it in the next one. Whatever is not there needs nothing.
        EXECUTE format($sql$
            CREATE FUNCTION %I.forbid_logins(tenant uuid) RETURNS void
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
                login name;
            BEGIN
                FOR login IN
                    SELECT rolname FROM pg_roles
                    -- Also one that cannot log in as it stands here: whoever opens it at this moment is waited for.
                    WHERE rolname IN (role || '_a', role || '_b', role || '_p')
                LOOP
                    EXECUTE format('ALTER ROLE %%I NOLOGIN', login);
                END LOOP;
            END
            $function$
        $sql$, provisioner);
        -- The login of this slot can begin sessions again.
        EXECUTE format($sql$
            CREATE FUNCTION %I.allow_login(tenant uuid, slot "char") RETURNS void
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
            BEGIN
                IF tenant IS NULL OR slot IS NULL OR slot NOT IN ('a', 'b') THEN
                    RAISE EXCEPTION 'no such login' USING ERRCODE = 'invalid_parameter_value';
                END IF;
                EXECUTE format('ALTER ROLE %%I LOGIN', role || '_' || slot::text);
            END
            $function$
        $sql$, provisioner);
        -- Makes the tenant's login for the removal of its rows, or gives it this verifier: removing them as the tenant
        -- itself, under row level security, reaches nobody else's. Only for a tenant none of whose own logins is open. False where its roles were never made:
        -- then it has no rows either.
        EXECUTE format($sql$
            CREATE FUNCTION %I.begin_purge(tenant uuid, verifier text) RETURNS boolean
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
                login text := role || '_p';
                options text := '';
            BEGIN
                IF tenant IS NULL THEN
                    RAISE EXCEPTION 'no tenant' USING ERRCODE = 'null_value_not_allowed';
                END IF;
                IF verifier IS NULL OR verifier
                    !~ '^SCRAM-SHA-256[$][1-9][0-9]{0,8}:[A-Za-z0-9+/]{22}==[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$'
                THEN
                    RAISE EXCEPTION 'not a SCRAM-SHA-256 verifier' USING ERRCODE = 'invalid_parameter_value';
                END IF;
                IF EXISTS (
                    SELECT FROM pg_roles WHERE rolname IN (role || '_a', role || '_b') AND rolcanlogin
                ) THEN
                    RAISE EXCEPTION 'the tenant can log in' USING ERRCODE = 'object_not_in_prerequisite_state';
                END IF;
                IF current_setting('server_version_num')::integer >= 160000 THEN
                    options := 'WITH INHERIT TRUE, SET FALSE';
                END IF;
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                    RETURN false;
                END IF;
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
                    EXECUTE format('CREATE ROLE %%I NOLOGIN', login);
                    EXECUTE format('GRANT %%I TO %%I %%s', role, login, options);
                END IF;
                EXECUTE format('ALTER ROLE %%I LOGIN PASSWORD %%L', login, verifier);
                RETURN true;
            END
            $function$
        $sql$, provisioner);
        -- Drops the tenant's roles, and with them what they left behind in this database: their own default privileges
        -- would keep them. Sessions are to be ended before; one that is left is an error.
        EXECUTE format($sql$
            CREATE FUNCTION %I.drop_tenant(tenant uuid) RETURNS void
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
                doomed name;
                options text := '';
            BEGIN
                IF current_setting('server_version_num')::integer >= 160000 THEN
                    options := 'WITH INHERIT TRUE, SET FALSE';
                END IF;
                FOREACH doomed IN ARRAY ARRAY[role || '_p', role || '_a', role || '_b', role] LOOP
                    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = doomed);
                    IF EXISTS (SELECT FROM pg_stat_activity WHERE usename = doomed) THEN
                        RAISE EXCEPTION 'the tenant has sessions' USING ERRCODE = 'object_in_use';
                    END IF;
                    -- To be dropped, what a role owns has to be its dropper's as well; the membership goes with the role.
                    EXECUTE format('GRANT %%I TO CURRENT_USER %%s', doomed, options);
                    EXECUTE format('DROP OWNED BY %%I', doomed);
                    EXECUTE format('DROP ROLE %%I', doomed);
                END LOOP;
            END
            $function$
        $sql$, provisioner);
        FOREACH signature IN ARRAY ARRAY[
            'forbid_logins(uuid)', 'allow_login(uuid, "char")', 'begin_purge(uuid, text)', 'drop_tenant(uuid)'
        ] LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %I.%s FROM PUBLIC', provisioner, signature);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %I.%s TO tenantry_service', provisioner, signature);
        END LOOP;
        SET LOCAL ROLE tenantry_migrator;
    END LOOP;
END
$do$;

SET LOCAL ROLE tenantry_owner;

-- Removes up to so many rows of the session's tenant, from whatever tables there are, and returns how many; 0 when none
-- is left. For the login of a purge alone, so that an injected statement cannot empty a tenant's tables. Row level
-- security holds here as for the tenant's own statements: another tenant's rows are out of reach.
CREATE FUNCTION app.purge_rows(most integer) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target record;
    removed bigint;
    total bigint := 0;
    held boolean := false;
BEGIN
    IF session_user !~ '^tn_[0-9a-f]{32}_p$' THEN
        RAISE EXCEPTION 'permission denied for function purge_rows' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- The youngest tables first: what refers to another table was made after it. Where that does not hold, the keys
    -- say so, and the next table is tried first.
    FOR target IN
        SELECT pg_class.oid::regclass AS name, relkind FROM pg_class
        JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped
        WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        ORDER BY pg_class.oid DESC
    LOOP
        EXIT WHEN total >= most;
        BEGIN
            IF target.relkind = 'r' THEN
                EXECUTE format(
                    'DELETE FROM %1$s WHERE tenant_id = app.tid() AND ctid = ANY (ARRAY('
                    'SELECT ctid FROM %1$s WHERE tenant_id = app.tid() LIMIT $1))',
                    target.name
                ) USING most - total;
            ELSE
                -- A row's place is one within its partition only.
                EXECUTE format(
                    'DELETE FROM %1$s WHERE tenant_id = app.tid() AND (tableoid, ctid) IN ('
                    'SELECT tableoid, ctid FROM %1$s WHERE tenant_id = app.tid() LIMIT $1)',
                    target.name
                ) USING most - total;
            END IF;
            GET DIAGNOSTICS removed = ROW_COUNT;
            total := total + removed;
        EXCEPTION WHEN foreign_key_violation THEN
            held := true;
        END;
    END LOOP;
    IF total = 0 AND held THEN
        RAISE EXCEPTION 'rows refer to each other in a circle' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN total;
END
$$;
GRANT EXECUTE ON FUNCTION app.purge_rows(integer) TO tenantry_tenant;
