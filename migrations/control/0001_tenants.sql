-- The control store: which tenants there are, and how to reach them.
-- Run as tenantry_owner. The service's login gets exactly what it does, column by column.

GRANT USAGE ON SCHEMA tenantry TO tenantry_service;
GRANT SELECT ON tenantry.migrations TO tenantry_service;

CREATE SCHEMA control;
GRANT USAGE ON SCHEMA control TO tenantry_service;

CREATE TABLE control.tenants (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    -- provisioning: committed here, its roles not yet made in the data cluster; creating it again resumes.
    state text NOT NULL DEFAULT 'provisioning',
    -- Counts every change that a pool must learn of.
    version bigint NOT NULL DEFAULT 1,
    -- Which of the two logins is in use; the other one is for the next rotation.
    active_slot "char" NOT NULL DEFAULT 'a',
    -- NULL: the service's default.
    max_connections integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenants_name_key UNIQUE (name),
    CONSTRAINT tenants_name_check CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT tenants_state_check CHECK (state IN ('provisioning', 'active', 'suspended')),
    CONSTRAINT tenants_active_slot_check CHECK (active_slot IN ('a', 'b')),
    CONSTRAINT tenants_max_connections_check CHECK (max_connections BETWEEN 1 AND 10000)
);
CREATE INDEX tenants_created_at_idx ON control.tenants (created_at, id);

-- One data key per tenant, wrapped by a key-encryption key that is not in this database.
CREATE TABLE control.tenant_keys (
    tenant_id uuid PRIMARY KEY REFERENCES control.tenants (id) ON DELETE CASCADE,
    wrapped_dek bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The password of each login, sealed under the tenant's data key.
CREATE TABLE control.tenant_credentials (
    tenant_id uuid NOT NULL REFERENCES control.tenants (id) ON DELETE CASCADE,
    slot "char" NOT NULL,
    -- Bound into the sealed value: an older password cannot be put in place of a newer one.
    version bigint NOT NULL,
    sealed_password bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, slot),
    CONSTRAINT tenant_credentials_slot_check CHECK (slot IN ('a', 'b')),
    CONSTRAINT tenant_credentials_version_check CHECK (version > 0)
);

GRANT SELECT ON control.tenants, control.tenant_keys, control.tenant_credentials TO tenantry_service;
GRANT INSERT (id, name) ON control.tenants TO tenantry_service;
GRANT UPDATE (state, version, updated_at) ON control.tenants TO tenantry_service;
GRANT INSERT (tenant_id, wrapped_dek) ON control.tenant_keys TO tenantry_service;
GRANT INSERT (tenant_id, slot, version, sealed_password) ON control.tenant_credentials TO tenantry_service;
