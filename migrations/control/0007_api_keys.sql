-- API keys of tenants: what their callers will present. Of a key there is its beginning, by which it is found again, and
-- a hash; it is 256 random bits, so a plain hash is as good as a slow one.

CREATE TABLE control.api_keys (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES control.tenants (id) ON DELETE CASCADE,
    name text NOT NULL,
    prefix text NOT NULL,
    sha256 bytea NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- NULL: never.
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_keys_name_check CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT api_keys_sha256_key UNIQUE (sha256),
    CONSTRAINT api_keys_sha256_check CHECK (octet_length(sha256) = 32)
);
CREATE INDEX api_keys_tenant_id_idx ON control.api_keys (tenant_id, created_at, id);
CREATE INDEX api_keys_created_at_idx ON control.api_keys (created_at, id);
CREATE INDEX api_keys_prefix_idx ON control.api_keys (prefix text_pattern_ops);

GRANT SELECT ON control.api_keys TO tenantry_service;
GRANT INSERT (id, tenant_id, name, prefix, sha256, created_by, expires_at) ON control.api_keys TO tenantry_service;
GRANT UPDATE (expires_at, revoked_at) ON control.api_keys TO tenantry_service;

-- Forgets a tenant whose purge is under way: its credentials and keys, and what it was called, which may be somebody's
-- name and which another tenant may want. What is left is its row, so that its id is never given to another. The
-- service cannot remove any of that otherwise.
CREATE FUNCTION control.forget_tenant(tenant uuid) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE control.tenants
    SET state = 'purged', name = 'purged', external_id = NULL, metadata = '{}', max_connections = NULL,
        reserved_connections = 0, returns_to = NULL, purge_at = NULL, purge_began_at = NULL
    WHERE id = tenant AND state = 'offboarding' AND purge_began_at IS NOT NULL
        AND EXISTS (
            SELECT FROM control.operations
            -- Running, or noted as done by this very transaction.
            WHERE tenant_id = tenant AND kind = 'purge' AND (state = 'running' OR finished_at = now())
        );
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM control.api_keys WHERE tenant_id = tenant;
    DELETE FROM control.tenant_credentials WHERE tenant_id = tenant;
    DELETE FROM control.tenant_keys WHERE tenant_id = tenant;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION control.forget_tenant(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control.forget_tenant(uuid) TO tenantry_service;
