-- Plans: named limits of tenants' requests. Each tenant has a plan, and may override single limits of it.

CREATE TABLE control.plans (
    name text PRIMARY KEY,
    description text NOT NULL DEFAULT '',
    -- NULL: no limit of the plan's own.
    requests_per_second integer,
    burst integer,
    concurrent_requests integer,
    request_timeout_ms integer,
    statement_timeout_ms integer,
    request_body_bytes integer,
    response_body_bytes integer,
    -- Counts every change; the entity tag is made of it.
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT plans_name_check CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    CONSTRAINT plans_description_check CHECK (char_length(description) <= 500),
    CONSTRAINT plans_requests_check CHECK (
        requests_per_second BETWEEN 1 AND 1000000
        AND burst BETWEEN 1 AND 1000000
        AND concurrent_requests BETWEEN 1 AND 1000000
    ),
    CONSTRAINT plans_timeouts_check CHECK (
        request_timeout_ms BETWEEN 1 AND 3600000 AND statement_timeout_ms BETWEEN 1 AND 3600000
    ),
    CONSTRAINT plans_bytes_check CHECK (
        request_body_bytes BETWEEN 1 AND 1073741824 AND response_body_bytes BETWEEN 1 AND 1073741824
    ),
    -- Moments that RFC 3339 can write.
    CONSTRAINT plans_moments_check CHECK (
        created_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND updated_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    )
);
GRANT SELECT, DELETE ON control.plans TO tenantry_service;
GRANT INSERT (name, description, requests_per_second, burst, concurrent_requests, request_timeout_ms,
    statement_timeout_ms, request_body_bytes, response_body_bytes) ON control.plans TO tenantry_service;
GRANT UPDATE (description, requests_per_second, burst, concurrent_requests, request_timeout_ms,
    statement_timeout_ms, request_body_bytes, response_body_bytes) ON control.plans TO tenantry_service;

-- The plan of every tenant that is given no other. Without limits, as before there were plans.
INSERT INTO control.plans (name, description) VALUES ('default', 'Tenants without another plan.');

-- An operator's SQL keeps it as well: a tenant that names no plan could not be created without it.
CREATE FUNCTION control.keep_default_plan() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'the plan "default" can be neither deleted nor renamed' USING ERRCODE = 'restrict_violation';
END
$$;
REVOKE ALL ON FUNCTION control.keep_default_plan() FROM PUBLIC;
CREATE TRIGGER keep_default_plan BEFORE DELETE ON control.plans
    FOR EACH ROW
    WHEN (OLD.name = 'default')
    EXECUTE FUNCTION control.keep_default_plan();
CREATE TRIGGER keep_default_plan_name BEFORE UPDATE OF name ON control.plans
    FOR EACH ROW
    WHEN (OLD.name = 'default' AND NEW.name <> 'default')
    EXECUTE FUNCTION control.keep_default_plan();

CREATE TRIGGER count_revision BEFORE UPDATE ON control.plans
    FOR EACH ROW
    WHEN ((NEW.name, NEW.description, NEW.requests_per_second, NEW.burst, NEW.concurrent_requests,
            NEW.request_timeout_ms, NEW.statement_timeout_ms, NEW.request_body_bytes, NEW.response_body_bytes)
        IS DISTINCT FROM (OLD.name, OLD.description, OLD.requests_per_second, OLD.burst, OLD.concurrent_requests,
            OLD.request_timeout_ms, OLD.statement_timeout_ms, OLD.request_body_bytes, OLD.response_body_bytes))
    EXECUTE FUNCTION control.count_revision();

ALTER TABLE control.tenants
    ADD COLUMN plan text NOT NULL DEFAULT 'default',
    -- By the plan's columns: a number in place of the plan's limit, or null for no limit.
    ADD COLUMN limit_overrides jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT tenants_plan_fkey FOREIGN KEY (plan) REFERENCES control.plans (name),
    ADD CONSTRAINT tenants_limit_overrides_check CHECK (
        jsonb_typeof(limit_overrides) = 'object'
        AND limit_overrides - '{requests_per_second, burst, concurrent_requests, request_timeout_ms,
            statement_timeout_ms, request_body_bytes, response_body_bytes}'::text[] = '{}'
        -- Whole numbers from 1. Strict, since a list would else be taken for its items.
        AND NOT jsonb_path_exists(limit_overrides, 'strict $.* ? (!(@.type() == "null"
            || (@.type() == "number" && @ >= 1 && @ == @.floor())))')
        AND NOT jsonb_path_exists(limit_overrides, '$.requests_per_second ? (@ > 1000000)')
        AND NOT jsonb_path_exists(limit_overrides, '$.burst ? (@ > 1000000)')
        AND NOT jsonb_path_exists(limit_overrides, '$.concurrent_requests ? (@ > 1000000)')
        AND NOT jsonb_path_exists(limit_overrides, '$.request_timeout_ms ? (@ > 3600000)')
        AND NOT jsonb_path_exists(limit_overrides, '$.statement_timeout_ms ? (@ > 3600000)')
        AND NOT jsonb_path_exists(limit_overrides, '$.request_body_bytes ? (@ > 1073741824)')
        AND NOT jsonb_path_exists(limit_overrides, '$.response_body_bytes ? (@ > 1073741824)')
    );
-- The list of a plan's tenants, and whether there are any.
CREATE INDEX tenants_plan_idx ON control.tenants (plan, created_at, id);
GRANT INSERT (plan, limit_overrides), UPDATE (plan, limit_overrides) ON control.tenants TO tenantry_service;

-- With the plan and the overrides. No pool must learn of them, so that `version` does not count them.
DROP TRIGGER count_revision ON control.tenants;
CREATE TRIGGER count_revision BEFORE UPDATE ON control.tenants
    FOR EACH ROW
    WHEN ((NEW.name, NEW.external_id, NEW.metadata, NEW.state, NEW.active_slot, NEW.max_connections,
            NEW.reserved_connections, NEW.returns_to, NEW.purge_at, NEW.purge_began_at, NEW.plan, NEW.limit_overrides)
        IS DISTINCT FROM (OLD.name, OLD.external_id, OLD.metadata, OLD.state, OLD.active_slot, OLD.max_connections,
            OLD.reserved_connections, OLD.returns_to, OLD.purge_at, OLD.purge_began_at, OLD.plan, OLD.limit_overrides))
    EXECUTE FUNCTION control.count_revision();

-- Notifies listeners of a changed plan by its name, and of a tenant whose plan or overrides changed by its id, once the
-- change is committed. Nothing more: any login that can connect can notify, so listeners read the row itself.
CREATE FUNCTION control.notify_plan() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('plan_changed', coalesce(NEW.name, OLD.name));
    IF NEW.name <> OLD.name THEN
        PERFORM pg_notify('plan_changed', OLD.name);
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION control.notify_plan() FROM PUBLIC;
CREATE TRIGGER notify_plan AFTER INSERT OR UPDATE OR DELETE ON control.plans
    FOR EACH ROW
    EXECUTE FUNCTION control.notify_plan();

CREATE FUNCTION control.notify_tenant_plan() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('tenant_plan_changed', coalesce(NEW.id, OLD.id)::text);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION control.notify_tenant_plan() FROM PUBLIC;
-- Not of tenants that have the default plan as it is: listeners know no others than these by themselves.
CREATE TRIGGER notify_new_plan AFTER INSERT ON control.tenants
    FOR EACH ROW
    WHEN (NEW.plan <> 'default' OR NEW.limit_overrides <> '{}')
    EXECUTE FUNCTION control.notify_tenant_plan();
CREATE TRIGGER notify_plan_change AFTER UPDATE ON control.tenants
    FOR EACH ROW
    WHEN ((NEW.id, NEW.plan, NEW.limit_overrides) IS DISTINCT FROM (OLD.id, OLD.plan, OLD.limit_overrides))
    EXECUTE FUNCTION control.notify_tenant_plan();
CREATE TRIGGER notify_plan_deletion AFTER DELETE ON control.tenants
    FOR EACH ROW
    WHEN (OLD.plan <> 'default' OR OLD.limit_overrides <> '{}')
    EXECUTE FUNCTION control.notify_tenant_plan();

-- A purged tenant has no plan of its own any more, so that the plan can be deleted. The rest is as in 0007.
CREATE OR REPLACE FUNCTION control.forget_tenant(tenant uuid) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE control.tenants
    SET state = 'purged', name = 'purged', external_id = NULL, metadata = '{}', max_connections = NULL,
        reserved_connections = 0, returns_to = NULL, purge_at = NULL, purge_began_at = NULL,
        plan = 'default', limit_overrides = '{}'
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
