-- What the doctor's live probe needs: two tenants of its own, of which one attacks the rows of the other. They stand in
-- no control store, so nothing serves them. Their logins are open for the length of a probe alone.

SET LOCAL ROLE tenantry_migrator;
CREATE SCHEMA doctor AUTHORIZATION tenantry_provisioner_00;
SET LOCAL ROLE tenantry_provisioner_00;
GRANT USAGE ON SCHEMA doctor TO tenantry_service;

-- Whoever has it locked probes. No advisory lock: where PUBLIC has those still, a tenant could stand in the way.
CREATE TABLE doctor.turn ();

-- Takes the turn until the end of the transaction.
CREATE FUNCTION doctor.take_turn() RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOCK TABLE doctor.turn IN EXCLUSIVE MODE;
END
$$;
REVOKE ALL ON FUNCTION doctor.take_turn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION doctor.take_turn() TO tenantry_service;

-- The two tenants of this database, side a or b. Roles belong to the cluster, so the database's name is in their ids:
-- two databases of one cluster can be probed at the same time. All begin alike, and no tenant is given such an id.
CREATE FUNCTION doctor.tenant(side text) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    RETURN ('d0c7d0c7d0c74d0c8'
        || substr(encode(sha256(convert_to(current_database()::text, 'UTF8')), 'hex'), 1, 14) || side)::uuid;
REVOKE ALL ON FUNCTION doctor.tenant(text) FROM PUBLIC;

-- Opens a tenant's first login with this verifier. Only where there is none yet it is made as every tenant's is: that takes
-- an advisory lock, which a tenant could hold where PUBLIC has those still.
CREATE FUNCTION doctor.open_login(tenant uuid, verifier text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    login text := 'tn_' || replace(tenant::text, '-', '') || '_a';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
        PERFORM provisioner_00.create_tenant(tenant, verifier);
    ELSIF verifier ~ '^SCRAM-SHA-256[$]1:' THEN
        EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', login, verifier);
    ELSE
        RAISE EXCEPTION 'not a SCRAM-SHA-256 verifier' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION doctor.open_login(uuid, text) FROM PUBLIC;

-- Makes the two tenants' roles where they are not there, and opens their first logins with these SCRAM verifiers.
CREATE FUNCTION doctor.open_probe(attacker_verifier text, victim_verifier text, OUT attacker uuid, OUT victim uuid)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    attacker := doctor.tenant('a');
    victim := doctor.tenant('b');
    PERFORM doctor.open_login(attacker, attacker_verifier), doctor.open_login(victim, victim_verifier);
END
$$;
REVOKE ALL ON FUNCTION doctor.open_probe(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION doctor.open_probe(text, text) TO tenantry_service;

-- Closes the logins again, without a password, and ends what they still have running.
CREATE FUNCTION doctor.close_probe() RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    side text;
    login text;
BEGIN
    FOREACH side IN ARRAY ARRAY['a', 'b'] LOOP
        login := 'tn_' || replace(doctor.tenant(side)::text, '-', '') || '_a';
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
            EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', login);
            PERFORM provisioner_00.end_backends(doctor.tenant(side));
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION doctor.close_probe() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION doctor.close_probe() TO tenantry_service;

SET LOCAL ROLE tenantry_owner;

-- Deletes all rows of the doctor's tenant whose session this is, and says how many. Nobody else may run it: for
-- another tenant it would be a way to lose everything at one stroke.
CREATE FUNCTION app.delete_probe_rows() RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target regclass;
    pending regclass[];
    referred_to regclass[];
    deleted bigint;
    total bigint := 0;
BEGIN
    IF session_user::text !~ '^tn_d0c7d0c7d0c74d0c' THEN
        RAISE EXCEPTION 'not a session of the doctor' USING ERRCODE = 'insufficient_privilege';
    END IF;
    pending := ARRAY(
        SELECT pg_class.oid::regclass
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped
        WHERE relkind IN ('r', 'p') AND pg_get_userbyid(relowner) = 'tenantry_owner' AND atttypid = 'uuid'::regtype
            AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = pg_class.oid)
    );
    -- A row that another refers to goes after it.
    LOOP
        referred_to := '{}';
        FOREACH target IN ARRAY pending LOOP
            BEGIN
                EXECUTE format('DELETE FROM %s WHERE tenant_id = app.tid()', target);
                GET DIAGNOSTICS deleted = ROW_COUNT;
                total := total + deleted;
            EXCEPTION WHEN foreign_key_violation THEN
                referred_to := referred_to || target;
            END;
        END LOOP;
        IF cardinality(referred_to) = cardinality(pending) AND cardinality(pending) > 0 THEN
            RAISE EXCEPTION 'rows of % are referred to', referred_to USING ERRCODE = 'foreign_key_violation';
        END IF;
        pending := referred_to;
        EXIT WHEN cardinality(pending) = 0;
    END LOOP;
    RETURN total;
END
$$;
GRANT EXECUTE ON FUNCTION app.delete_probe_rows() TO tenantry_tenant;
