-- What a POST with an Idempotency-Key has made, so that the same request, sent again, gets the same answer and makes
-- nothing more. Written in the transaction that makes it.

CREATE TABLE app.idempotency_keys (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    key text NOT NULL,
    -- SHA-256 of the request.
    request bytea NOT NULL,
    -- The answer, a 201.
    location text,
    etag text,
    body text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key),
    CONSTRAINT idempotency_keys_key_check CHECK (char_length(key) BETWEEN 1 AND 255)
);
CREATE INDEX idempotency_keys_created_at_idx ON app.idempotency_keys (tenant_id, created_at);
SELECT tenantry.isolate('app.idempotency_keys');
GRANT SELECT ON app.idempotency_keys TO tenantry_tenant;
GRANT INSERT (key, request) ON app.idempotency_keys TO tenantry_tenant;
GRANT UPDATE (location, etag, body) ON app.idempotency_keys TO tenantry_tenant;

-- Deletes keys of the session's tenant that are older than a day, the oldest thousand of them at a time, and returns how
-- many. Each claim of a key calls it.
CREATE FUNCTION app.forget_idempotency_keys() RETURNS integer
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    forgotten integer;
BEGIN
    DELETE FROM app.idempotency_keys
    WHERE tenant_id = app.tid() AND key IN (
        SELECT old.key FROM app.idempotency_keys AS old
        WHERE old.tenant_id = app.tid() AND old.created_at < now() - interval '24 hours'
        ORDER BY old.created_at
        LIMIT 1000
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END
$$;
GRANT EXECUTE ON FUNCTION app.forget_idempotency_keys() TO tenantry_tenant;
