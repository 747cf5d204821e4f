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
        -- can stand in the server's log.
        EXECUTE format($sql$
            CREATE FUNCTION %I.create_tenant(tenant uuid, verifier text) RETURNS void
                LANGUAGE plpgsql
                SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
            BEGIN
                IF verifier IS NULL
                    OR verifier !~ '^SCRAM-SHA-256\$[1-9][0-9]*:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$'
                THEN
                    RAISE EXCEPTION 'not a SCRAM-SHA-256 verifier' USING ERRCODE = 'invalid_parameter_value';
                END IF;
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                    EXECUTE format('CREATE ROLE %%I NOLOGIN IN ROLE tenantry_tenant', role);
                END IF;
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role || '_a') THEN
                    EXECUTE format('CREATE ROLE %%I NOLOGIN IN ROLE %%I', role || '_a', role);
                END IF;
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role || '_b') THEN
                    EXECUTE format('CREATE ROLE %%I NOLOGIN IN ROLE %%I', role || '_b', role);
                END IF;
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
