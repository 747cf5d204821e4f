-- The functions by which the service makes tenants' roles. It has no CREATEROLE itself: it may execute these and
-- nothing else. There are 64 copies, each owned by a provisioner of its own and chosen by the tenant's id: from
-- PostgreSQL 16 a creator is a member of every role that it made, and each ALTER ROLE rebuilds that list.

-- The login that migrates is a member of the provisioners; tenantry_owner is not, and stays so.
SET LOCAL ROLE tenantry_migrator;

DO $do$
DECLARE
    provisioner text;
BEGIN
    FOR number IN 0..63 LOOP
        provisioner := 'provisioner_' || lpad(number::text, 2, '0');
        EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', provisioner, 'tenantry_' || provisioner);
        EXECUTE format('SET LOCAL ROLE %I', 'tenantry_' || provisioner);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO tenantry_service', provisioner);
        -- Makes the tenant's role and its two logins, or brings them to this state again: a is active with the
        -- password of this verifier, b waits for a rotation. Takes a verifier and never a password, so that none
        -- can stand in the server's log: what PostgreSQL would not know as one, it would take for a password.
        -- From PostgreSQL 16 a membership says what it is good for: here the grants, and no SET ROLE.
        EXECUTE format($sql$
            CREATE FUNCTION %I.create_tenant(tenant uuid, verifier text) RETURNS void
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
                login text;
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
                IF current_setting('server_version_num')::integer >= 160000 THEN
                    options := 'WITH INHERIT TRUE, SET FALSE';
                END IF;
                -- Whoever makes the same tenant at this moment goes first; this one finds it made.
                PERFORM pg_advisory_xact_lock(hashtextextended(role, 0));
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                    EXECUTE format('CREATE ROLE %%I NOLOGIN', role);
                    EXECUTE format('GRANT tenantry_tenant TO %%I %%s', role, options);
                END IF;
                FOREACH login IN ARRAY ARRAY[role || '_a', role || '_b'] LOOP
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
                        EXECUTE format('CREATE ROLE %%I NOLOGIN', login);
                        EXECUTE format('GRANT %%I TO %%I %%s', role, login, options);
                    END IF;
                END LOOP;
                EXECUTE format('ALTER ROLE %%I LOGIN PASSWORD %%L', role || '_a', verifier);
            END
            $function$
        $sql$, provisioner);
        EXECUTE format('REVOKE ALL ON FUNCTION %I.create_tenant(uuid, text) FROM PUBLIC', provisioner);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %I.create_tenant(uuid, text) TO tenantry_service', provisioner);
        SET LOCAL ROLE tenantry_migrator;
    END LOOP;
END
$do$;

SET LOCAL ROLE tenantry_owner;
