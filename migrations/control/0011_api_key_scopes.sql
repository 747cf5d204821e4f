-- API keys open the tenant plane: their scopes, when they were last used, and change notices.

ALTER TABLE control.api_keys
    -- Keys made before have both. One spelling for each set.
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{read,write}',
    -- To within a minute; NULL: never.
    ADD COLUMN last_used_at timestamptz,
    ADD CONSTRAINT api_keys_scopes_check CHECK (scopes IN ('{read}', '{write}', '{read,write}')),
    -- A moment that RFC 3339 can write.
    ADD CONSTRAINT api_keys_last_used_at_check CHECK (
        last_used_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    );
GRANT INSERT (scopes), UPDATE (last_used_at) ON control.api_keys TO tenantry_service;

-- Tells who listens which key has changed, once the change is committed. The id and nothing more: whoever can connect can
-- notify, so listeners read the row itself.
CREATE FUNCTION control.notify_api_key() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('api_key_changed', coalesce(NEW.id, OLD.id)::text);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION control.notify_api_key() FROM PUBLIC;

-- Not after a change of last_used_at alone, which decides nothing.
CREATE TRIGGER notify_api_key
    AFTER INSERT OR DELETE OR UPDATE OF id, tenant_id, sha256, scopes, expires_at, revoked_at ON control.api_keys
    FOR EACH ROW
    EXECUTE FUNCTION control.notify_api_key();
