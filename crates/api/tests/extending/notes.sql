-- Notes of a tenant.

CREATE TABLE app.notes (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT notes_body_check CHECK (char_length(body) BETWEEN 1 AND 10000)
);

-- Row level security, enabled and forced, with the one policy that every table has.
SELECT tenantry.isolate('app.notes');

-- By column and without tenant_id, which a tenant never writes.
GRANT SELECT ON app.notes TO tenantry_tenant;
GRANT INSERT (body) ON app.notes TO tenantry_tenant;
