-- A tenant is made as one role: its first login, which is itself in the group tenantry_tenant. The other login is made
-- for a rotation. Until here there were three, the logins in a role of the tenant's own and that one in the group; tenants
-- made so stay as they are, and work the same.
-- Why: from PostgreSQL 16 a creator is a member of every role that it made. Each GRANT or ALTER ROLE looks through all
-- of these for the right to do it, each CREATE ROLE reads their list. With three of them for each tenant, and four
-- such statements, it took the greater part of a creation at ten thousand tenants. Now there is one CREATE ROLE, and
-- the GRANT is a role's that creates none.

SET LOCAL ROLE tenantry_migrator;
CREATE SCHEMA granter AUTHORIZATION tenantry_granter;
SET LOCAL ROLE tenantry_granter;

-- Puts a tenant's login into the group. It says what from PostgreSQL 16 a membership is good for: here the grants, and
-- no SET ROLE. A login that is in it already stays in it.
CREATE FUNCTION granter.admit(login text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    options text := '';
BEGIN
    IF login IS NULL OR login !~ '^tn_[0-9a-f]{32}_[abp]$' THEN
        RAISE EXCEPTION 'not a tenant''s login' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF current_setting('server_version_num')::integer >= 160000 THEN
        options := 'WITH INHERIT TRUE, SET FALSE';
    END IF;
    EXECUTE format('GRANT tenantry_tenant TO %I %s', login, options);
END
$$;
REVOKE ALL ON FUNCTION granter.admit(text) FROM PUBLIC;

DO $do$
DECLARE
    provisioner text;
BEGIN
    FOR number IN 0..63 LOOP
        provisioner := 'provisioner_' || lpad(number::text, 2, '0');
        SET LOCAL ROLE tenantry_granter;
        EXECUTE format('GRANT USAGE ON SCHEMA granter TO %I', 'tenantry_' || provisioner);
        EXECUTE format('GRANT EXECUTE ON FUNCTION granter.admit(text) TO %I', 'tenantry_' || provisioner);
        SET LOCAL ROLE tenantry_migrator;
        EXECUTE format('SET LOCAL ROLE %I', 'tenantry_' || provisioner);
        -- What the two below have in common, for themselves alone: makes a tenant's login, open and in the group, or
        -- brings it to this state again. Takes a verifier and never a password, so that none can stand in the server's
        -- log: what PostgreSQL would not know as one, it would take for a password.
        EXECUTE format($sql$
            CREATE FUNCTION %I.open_login(login text, verifier text) RETURNS void
                LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp
            AS $function$
            BEGIN
                IF verifier IS NULL OR verifier
                    !~ '^SCRAM-SHA-256[$][1-9][0-9]{0,8}:[A-Za-z0-9+/]{22}==[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$'
                THEN
                    RAISE EXCEPTION 'not a SCRAM-SHA-256 verifier' USING ERRCODE = 'invalid_parameter_value';
                END IF;
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
                    EXECUTE format('ALTER ROLE %%I LOGIN PASSWORD %%L', login, verifier);
                ELSE
                    EXECUTE format('CREATE ROLE %%I LOGIN PASSWORD %%L', login, verifier);
                END IF;
                PERFORM granter.admit(login);
            END
            $function$
        $sql$, provisioner);
        EXECUTE format('REVOKE ALL ON FUNCTION %I.open_login(text, text) FROM PUBLIC', provisioner);
        -- Makes the tenant's first login, or opens it again.
        EXECUTE format($sql$
            CREATE OR REPLACE FUNCTION %1$I.create_tenant(tenant uuid, verifier text) RETURNS void
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
                -- Whoever makes the same tenant at this moment goes first; this one finds it made.
                PERFORM pg_advisory_xact_lock(hashtextextended(role, 0));
                PERFORM %1$I.open_login(role || '_a', verifier);
            END
            $function$
        $sql$, provisioner);
        -- Makes the tenant's login for the removal of its rows, or opens it again: removing them as the tenant itself,
        -- under row level security, reaches nobody else's. Only for a tenant none of whose own logins is open. False
        -- where its roles were never made: then it has no rows either.
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
                IF NOT EXISTS (
                    SELECT FROM pg_roles WHERE rolname IN (role, role || '_a', role || '_b', role || '_p')
                ) THEN
                    RETURN false;
                END IF;
                PERFORM %1$I.open_login(role || '_p', verifier);
                RETURN true;
            END
            $function$
        $sql$, provisioner);
        SET LOCAL ROLE tenantry_migrator;
    END LOOP;
END
$do$;

SET LOCAL ROLE tenantry_owner;
