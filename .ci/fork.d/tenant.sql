-- What a fork may have in the tenants' database: a table beside the README's, one that is partitioned, columns of
-- several kinds, an index on an expression.

CREATE TABLE app.errands (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app.users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX errands_user_idx ON app.errands (tenant_id, user_id);
CREATE INDEX errands_body_idx ON app.errands (tenant_id, lower(body));
SELECT tenantry.isolate('app.errands');
GRANT SELECT, INSERT (user_id, body), UPDATE (state, body) ON app.errands TO tenantry_tenant;

-- Each row needs a user's.
CREATE TABLE app.visits (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app.users (tenant_id, id) ON DELETE CASCADE
);
SELECT tenantry.isolate('app.visits');
GRANT SELECT, INSERT (user_id), UPDATE (user_id) ON app.visits TO tenantry_tenant;

CREATE FUNCTION app.delete_errand(errand_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM app.errands WHERE tenant_id = app.tid() AND id = errand_id;
    RETURN FOUND;
END
$$;
GRANT EXECUTE ON FUNCTION app.delete_errand(uuid) TO tenantry_tenant;

CREATE TABLE app.events (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- No probe of the doctor's makes one up.
    kind text NOT NULL CHECK (kind ~ '^[a-z]+\.[a-z]+$'),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id, at)
) PARTITION BY RANGE (at);
CREATE TABLE app.events_all PARTITION OF app.events FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
SELECT tenantry.isolate('app.events');
GRANT SELECT, INSERT (kind) ON app.events TO tenantry_tenant;

ALTER TABLE app.notes
    ADD COLUMN pinned boolean NOT NULL DEFAULT false,
    ADD COLUMN labels jsonb NOT NULL DEFAULT '{}';
SELECT tenantry.isolate('app.notes');
GRANT INSERT (pinned, labels), UPDATE (pinned, labels) ON app.notes TO tenantry_tenant;

ALTER TABLE app.users ADD COLUMN phone text, ADD COLUMN score integer NOT NULL DEFAULT 0;
SELECT tenantry.isolate('app.users');
GRANT INSERT (phone), UPDATE (phone, score) ON app.users TO tenantry_tenant;
