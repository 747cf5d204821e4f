-- A tenant's whole life: provisioning, active, suspended, offboarding, purged; and the operations that lead from one to
-- the next. What the control store says is what shall be; an operation brings the data cluster there, and whatever
-- interrupts it, a reconciler goes on with it.

-- More than one pool can hold would be cut to that silently.
UPDATE control.tenants SET max_connections = 62 WHERE max_connections > 62;

ALTER TABLE control.tenants
    -- What the tenant is called elsewhere, such as its number in a CRM.
    ADD COLUMN external_id text,
    ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}',
    -- Connections that nobody else takes, of those that the tenant has opened.
    ADD COLUMN reserved_connections integer NOT NULL DEFAULT 0,
    -- Counts every change that an operator can see; the entity tag is made of it.
    ADD COLUMN revision bigint NOT NULL DEFAULT 1,
    -- While offboarding: where undeleting leads to, when its data goes, and since when it is going.
    ADD COLUMN returns_to text,
    ADD COLUMN purge_at timestamptz,
    ADD COLUMN purge_began_at timestamptz,
    DROP CONSTRAINT tenants_name_key,
    DROP CONSTRAINT tenants_state_check,
    DROP CONSTRAINT tenants_max_connections_check,
    ADD CONSTRAINT tenants_state_check
        CHECK (state IN ('provisioning', 'active', 'suspended', 'offboarding', 'purged')),
    ADD CONSTRAINT tenants_max_connections_check CHECK (max_connections BETWEEN 1 AND 62),
    ADD CONSTRAINT tenants_reserved_connections_check CHECK (reserved_connections BETWEEN 0 AND 62),
    ADD CONSTRAINT tenants_external_id_key UNIQUE (external_id),
    ADD CONSTRAINT tenants_external_id_check CHECK (char_length(external_id) BETWEEN 1 AND 200),
    ADD CONSTRAINT tenants_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    ADD CONSTRAINT tenants_offboarding_check CHECK (
        (state = 'offboarding') = (returns_to IS NOT NULL)
        AND (state = 'offboarding') = (purge_at IS NOT NULL)
        AND (state = 'offboarding' OR purge_began_at IS NULL)
    ),
    ADD CONSTRAINT tenants_returns_to_check CHECK (returns_to IN ('provisioning', 'active', 'suspended'));
-- All that are purged have the same name.
CREATE UNIQUE INDEX tenants_name_key ON control.tenants (name) WHERE state <> 'purged';
CREATE INDEX tenants_purge_at_idx ON control.tenants (purge_at) WHERE purge_at IS NOT NULL;

DROP TRIGGER count_change ON control.tenants;
CREATE TRIGGER count_change BEFORE UPDATE ON control.tenants
    FOR EACH ROW
    WHEN (NEW.version = OLD.version
        AND (NEW.state, NEW.active_slot, NEW.max_connections, NEW.reserved_connections)
            IS DISTINCT FROM (OLD.state, OLD.active_slot, OLD.max_connections, OLD.reserved_connections))
    EXECUTE FUNCTION control.count_change();

-- Counted here, so that an operator's SQL changes the entity tag as well. When the tenant was last active is nothing
-- that anybody changes.
CREATE FUNCTION control.count_revision() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION control.count_revision() FROM PUBLIC;

-- After count_change, by the order of their names.
CREATE TRIGGER count_revision BEFORE UPDATE ON control.tenants
    FOR EACH ROW
    WHEN ((NEW.name, NEW.external_id, NEW.metadata, NEW.state, NEW.active_slot, NEW.max_connections,
            NEW.reserved_connections, NEW.returns_to, NEW.purge_at, NEW.purge_began_at)
        IS DISTINCT FROM (OLD.name, OLD.external_id, OLD.metadata, OLD.state, OLD.active_slot, OLD.max_connections,
            OLD.reserved_connections, OLD.returns_to, OLD.purge_at, OLD.purge_began_at))
    EXECUTE FUNCTION control.count_revision();

GRANT INSERT (external_id, metadata, max_connections, reserved_connections) ON control.tenants TO tenantry_service;
GRANT UPDATE (name, external_id, metadata, max_connections, reserved_connections, returns_to, purge_at, purge_began_at)
    ON control.tenants TO tenantry_service;

CREATE TABLE control.operations (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES control.tenants (id) ON DELETE CASCADE,
    kind text NOT NULL,
    -- superseded: another change of the tenant came before it was through, and leads elsewhere.
    state text NOT NULL DEFAULT 'running',
    -- How many of its kind's steps are behind it.
    steps_done integer NOT NULL DEFAULT 0,
    rows_removed bigint NOT NULL DEFAULT 0,
    -- Attempts at the step it is at that failed, why the last one did, and when the next one is due.
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    due_at timestamptz NOT NULL DEFAULT now(),
    -- Who works on it and until when nobody else does. One works on a tenant at a time.
    lease uuid,
    leased_until timestamptz,
    actor text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT operations_kind_check
        CHECK (kind IN ('provision', 'suspend', 'resume', 'offboard', 'undelete', 'purge')),
    CONSTRAINT operations_state_check CHECK (state IN ('running', 'succeeded', 'superseded')),
    CONSTRAINT operations_finished_check CHECK ((state = 'running') = (finished_at IS NULL))
);
-- At most one leads the tenant somewhere.
CREATE UNIQUE INDEX operations_running_idx ON control.operations (tenant_id) WHERE state = 'running';
CREATE INDEX operations_due_idx ON control.operations (due_at) WHERE state = 'running';
CREATE INDEX operations_tenant_idx ON control.operations (tenant_id, created_at, id);
CREATE INDEX operations_created_at_idx ON control.operations (created_at, id);
CREATE INDEX operations_finished_at_idx ON control.operations (finished_at) WHERE finished_at IS NOT NULL;

GRANT SELECT ON control.operations TO tenantry_service;
GRANT INSERT (id, tenant_id, kind, lease, leased_until, actor) ON control.operations TO tenantry_service;
GRANT UPDATE (state, steps_done, rows_removed, attempts, last_error, due_at, lease, leased_until, updated_at, finished_at)
    ON control.operations TO tenantry_service;

-- Removes operations that finished longer ago than so many days, up to so many, and returns how many.
CREATE FUNCTION control.trim_operations(days integer, most integer) RETURNS bigint
    LANGUAGE sql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH trimmed AS (
        DELETE FROM control.operations
        WHERE id IN (
            SELECT id FROM control.operations
            WHERE finished_at < now() - make_interval(days => greatest(days, 1))
            ORDER BY finished_at
            LIMIT most
        )
        RETURNING 1
    )
    SELECT count(*) FROM trimmed
$$;
REVOKE ALL ON FUNCTION control.trim_operations(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control.trim_operations(integer, integer) TO tenantry_service;

-- Whoever was provisioning when this came is gone on with.
INSERT INTO control.operations (id, tenant_id, kind, actor)
    SELECT gen_random_uuid(), id, 'provision', 'migration' FROM control.tenants WHERE state = 'provisioning';
