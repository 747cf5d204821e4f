-- CONNECTION LIMIT on every login of a tenant, so that a stolen password cannot take all of the server's
-- connections; a login that is missing is made again; and a purge that counts what is left.

SET LOCAL ROLE tenantry_migrator;

DO $do$
DECLARE
    provisioner text;
BEGIN
    FOR number IN 0..63 LOOP
        provisioner := 'provisioner_' || lpad(number::text, 2, '0');
        EXECUTE format('SET LOCAL ROLE %I', 'tenantry_' || provisioner);
        -- Makes a tenant's login, open, in the group and with this limit, or brings it to this state again. As in 0008,
        -- it takes a verifier and never a password.
        EXECUTE format($sql$
            CREATE FUNCTION %I.open_login(login text, verifier text, most integer) RETURNS void
                LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                place record;
            BEGIN
                IF verifier IS NULL OR verifier
                    !~ '^SCRAM-SHA-256[$][1-9][0-9]{0,8}:[A-Za-z0-9+/]{22}==[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$'
                THEN
                    RAISE EXCEPTION 'not a SCRAM-SHA-256 verifier' USING ERRCODE = 'invalid_parameter_value';
                END IF;
                IF most IS NULL OR most < 1 THEN
                    RAISE EXCEPTION 'not a limit of connections' USING ERRCODE = 'invalid_parameter_value';
                END IF;
                EXECUTE format(
                    '%%s ROLE %%I LOGIN PASSWORD %%L CONNECTION LIMIT %%s',
                    CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN 'ALTER' ELSE 'CREATE' END,
                    login, verifier, most
                );
                -- The one setting of its own by which a tenant can end its writes: no start-up option overrides it.
                FOR place IN
                    SELECT datname FROM pg_db_role_setting
                    JOIN pg_roles ON pg_roles.oid = setrole
                    LEFT JOIN pg_database ON pg_database.oid = setdatabase
                    WHERE rolname = login AND EXISTS (
                        SELECT FROM unnest(setconfig) AS setting WHERE setting LIKE 'default_transaction_read_only=%%'
                    )
                LOOP
                    EXECUTE format(
                        'ALTER ROLE %%I%%s RESET default_transaction_read_only', login,
                        CASE WHEN place.datname IS NULL THEN '' ELSE format(' IN DATABASE %%I', place.datname) END
                    );
                END LOOP;
                PERFORM granter.admit(login);
            END
            $function$
        $sql$, provisioner);
        -- Opens the login of this slot, and makes it where it is missing: it is new, or was dropped, or the database was
        -- restored without its roles. The lock is for two that make it at once; where PUBLIC has
        -- advisory locks still, a tenant could hold it, so a login that is there does without.
        EXECUTE format($sql$
            CREATE FUNCTION %1$I.open_tenant(tenant uuid, slot "char", verifier text, most integer) RETURNS void
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
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role || '_' || slot::text) THEN
                    PERFORM pg_advisory_xact_lock(hashtextextended(role, 0));
                END IF;
                PERFORM %1$I.open_login(role || '_' || slot::text, verifier, most);
            END
            $function$
        $sql$, provisioner);
        -- Sets the limit of both logins, and says how many had another one.
        EXECUTE format($sql$
            CREATE FUNCTION %I.limit_connections(tenant uuid, most integer) RETURNS integer
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
                -- A tenant can hold the row of its own role in a transaction that it leaves open.
                SET lock_timeout = '1s'
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
                login name;
                changed integer := 0;
            BEGIN
                IF most IS NULL OR most < 1 THEN
                    RAISE EXCEPTION 'not a limit of connections' USING ERRCODE = 'invalid_parameter_value';
                END IF;
                FOR login IN
                    SELECT rolname FROM pg_roles
                    WHERE rolname IN (role || '_a', role || '_b') AND rolconnlimit <> most
                LOOP
                    EXECUTE format('ALTER ROLE %%I CONNECTION LIMIT %%s', login, most);
                    changed := changed + 1;
                END LOOP;
                RETURN changed;
            END
            $function$
        $sql$, provisioner);
        -- For the version before, which knows no limits: twice the most that a tenant may hold, until the service sets
        -- what this one may.
        EXECUTE format($sql$
            CREATE OR REPLACE FUNCTION %1$I.create_tenant(tenant uuid, verifier text) RETURNS void
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
            BEGIN
                IF tenant IS NULL THEN
                    RAISE EXCEPTION 'no tenant' USING ERRCODE = 'null_value_not_allowed';
                END IF;
                PERFORM %1$I.open_tenant(tenant, 'a', verifier, 124);
            END
            $function$
        $sql$, provisioner);
        -- Makes the tenant's login for the removal of its rows, or opens it again: removing them as the tenant itself,
        -- under row level security, reaches nobody else's. Only for a tenant none of whose own logins is open. Where
        -- none of its logins is there it may have rows all the same: they were dropped, or the database was restored
        -- without its roles. Always true; the version before took false for "no rows". One session removes rows; a few
        -- more may still be ending.
        EXECUTE format($sql$
            CREATE OR REPLACE FUNCTION %1$I.begin_purge(tenant uuid, verifier text) RETURNS boolean
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
            BEGIN
                IF tenant IS NULL THEN
                    RAISE EXCEPTION 'no tenant' USING ERRCODE = 'null_value_not_allowed';
                END IF;
                IF EXISTS (
                    SELECT FROM pg_roles WHERE rolname IN (role || '_a', role || '_b') AND rolcanlogin
                ) THEN
                    RAISE EXCEPTION 'the tenant can log in' USING ERRCODE = 'object_not_in_prerequisite_state';
                END IF;
                PERFORM %1$I.open_login(role || '_p', verifier, 5);
                RETURN true;
            END
            $function$
        $sql$, provisioner);
        EXECUTE format('DROP FUNCTION %I.open_login(text, text)', provisioner);
        -- A caller that cannot have the tenant's role ends its sessions and tries again.
        EXECUTE format('ALTER FUNCTION %I.forbid_logins(uuid) SET lock_timeout = %L', provisioner, '1s');
        EXECUTE format(
            'REVOKE ALL ON FUNCTION %1$I.open_login(text, text, integer), %1$I.open_tenant(uuid, "char", text, integer),
                %1$I.limit_connections(uuid, integer) FROM PUBLIC',
            provisioner
        );
        EXECUTE format(
            'GRANT EXECUTE ON FUNCTION %1$I.open_tenant(uuid, "char", text, integer),
                %1$I.limit_connections(uuid, integer) TO tenantry_service',
            provisioner
        );
        SET LOCAL ROLE tenantry_migrator;
    END LOOP;
END
$do$;

SET LOCAL ROLE tenantry_owner;

-- Which tables have rows of the session's tenant still, and how many: what a purge asks before it says that it is done.
-- NULL where they cannot be counted: a policy other than that of tenantry.isolate may hide some. For the login of a
-- purge alone, as purge_rows.
CREATE FUNCTION app.rows_left(OUT name text, OUT left_over bigint) RETURNS SETOF record
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target record;
BEGIN
    IF session_user !~ '^tn_[0-9a-f]{32}_p$' THEN
        RAISE EXCEPTION 'permission denied for function rows_left' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR target IN
        SELECT pg_class.oid::regclass AS relation,
            NOT relrowsecurity OR (
                SELECT count(*) = 1 AND bool_and(
                    polpermissive AND polcmd = '*' AND polroles = '{0}' AND pg_get_expr(polqual, polrelid)
                        IN ('(tenant_id = ( SELECT app.tid() AS tid))', '(tenant_id = app.tid())')
                )
                FROM pg_policy WHERE polrelid = pg_class.oid
            ) AS countable
        FROM pg_class
        JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped
        WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        ORDER BY pg_class.oid
    LOOP
        name := target.relation::text;
        left_over := NULL;
        IF target.countable THEN
            EXECUTE format('SELECT count(*) FROM %s WHERE tenant_id = app.tid()', target.relation) INTO left_over;
        END IF;
        IF left_over IS DISTINCT FROM 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION app.rows_left() TO tenantry_tenant;
