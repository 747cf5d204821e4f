-- Change notices, and which tenants are in use.

-- Whatever a pool must learn of counts as a change, also when an operator makes it by SQL and forgets to count it.
CREATE FUNCTION control.count_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION control.count_change() FROM PUBLIC;

CREATE TRIGGER count_change BEFORE UPDATE ON control.tenants
    FOR EACH ROW
    WHEN (NEW.version = OLD.version
        AND (NEW.state, NEW.active_slot, NEW.max_connections)
            IS DISTINCT FROM (OLD.state, OLD.active_slot, OLD.max_connections))
    EXECUTE FUNCTION control.count_change();

-- Tells who listens which tenant has changed, once the change is committed. The id and nothing more: whoever can
-- connect can notify, so listeners read the row itself.
CREATE FUNCTION control.notify_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('tenant_changed', OLD.id::text);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION control.notify_change() FROM PUBLIC;

CREATE TRIGGER notify_change AFTER UPDATE ON control.tenants
    FOR EACH ROW
    WHEN (NEW.version <> OLD.version)
    EXECUTE FUNCTION control.notify_change();
CREATE TRIGGER notify_deletion AFTER DELETE ON control.tenants
    FOR EACH ROW
    EXECUTE FUNCTION control.notify_change();

-- When the tenant was last seen in use, to within half a minute; NULL: never. No change that a pool must learn of.
ALTER TABLE control.tenants ADD COLUMN last_active_at timestamptz;
CREATE INDEX tenants_last_active_at_idx ON control.tenants (last_active_at DESC, id)
    WHERE last_active_at IS NOT NULL;
GRANT UPDATE (last_active_at) ON control.tenants TO tenantry_service;
