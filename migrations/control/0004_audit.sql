-- Who did what, and with which right.

ALTER TABLE control.admin_tokens
    -- Tokens that were made before there were roles could do everything, and go on so.
    ADD COLUMN role text NOT NULL DEFAULT 'admin',
    -- NULL: never.
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN revoked_at timestamptz,
    ADD CONSTRAINT admin_tokens_role_check CHECK (role IN ('viewer', 'operator', 'admin'));
ALTER TABLE control.admin_tokens ALTER COLUMN role DROP DEFAULT;
GRANT INSERT (role, expires_at) ON control.admin_tokens TO tenantry_service;
GRANT UPDATE (expires_at, revoked_at) ON control.admin_tokens TO tenantry_service;

-- Append-only by its grants: the service may write and read, and neither change nor remove.
CREATE TABLE control.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Who: a token's name, or a part of the service.
    actor text NOT NULL,
    token_id uuid,
    role text,
    -- From where.
    source inet,
    request_id text,
    -- What: `tenant.suspend`.
    action text NOT NULL,
    outcome text NOT NULL,
    -- Why it was refused or failed, as clients are told it.
    code text,
    tenant_id uuid,
    -- What else it was done to, such as an API key's id.
    target text,
    -- Without secrets.
    before jsonb,
    after jsonb,
    CONSTRAINT audit_log_outcome_check CHECK (outcome IN ('done', 'refused', 'failed'))
);
CREATE INDEX audit_log_tenant_id_idx ON control.audit_log (tenant_id, id) WHERE tenant_id IS NOT NULL;
CREATE INDEX audit_log_at_idx ON control.audit_log (at);
GRANT SELECT ON control.audit_log TO tenantry_service;
GRANT INSERT (actor, token_id, role, source, request_id, action, outcome, code, tenant_id, target, before, after)
    ON control.audit_log TO tenantry_service;

-- Removes what is older than this many days, up to so many entries, and returns how many. Never what is younger than
-- 30 days, whoever asks.
CREATE FUNCTION control.trim_audit_log(days integer, most integer) RETURNS bigint
    LANGUAGE sql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH trimmed AS (
        DELETE FROM control.audit_log
        WHERE id IN (
            SELECT id FROM control.audit_log
            WHERE at < now() - make_interval(days => greatest(days, 30))
            ORDER BY at
            LIMIT most
        )
        RETURNING 1
    )
    SELECT count(*) FROM trimmed
$$;
REVOKE ALL ON FUNCTION control.trim_audit_log(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control.trim_audit_log(integer, integer) TO tenantry_service;
