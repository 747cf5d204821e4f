-- Users: the first resource, and the pattern for the next. Every key leads with tenant_id; a global unique key,
-- foreign key or sequence would tell one tenant about another.

CREATE TABLE app.users (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    confirmed boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT users_name_check CHECK (char_length(name) BETWEEN 1 AND 200)
);

-- One for each order of the list; id breaks ties.
CREATE INDEX users_created_at_idx ON app.users (tenant_id, created_at, id);
CREATE INDEX users_updated_at_idx ON app.users (tenant_id, updated_at, id);
CREATE INDEX users_name_idx ON app.users (tenant_id, name, id);

SELECT tenantry.isolate('app.users');

-- By column and without tenant_id. No table-level UPDATE or DELETE: with one, a tenant could
-- LOCK TABLE … IN ACCESS EXCLUSIVE MODE against all others.
GRANT SELECT ON app.users TO tenantry_tenant;
GRANT INSERT (name, confirmed) ON app.users TO tenantry_tenant;
GRANT UPDATE (name, confirmed, updated_at) ON app.users TO tenantry_tenant;

-- Deletes one user of the session's tenant; false when there is none.
CREATE FUNCTION app.delete_user(user_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM app.users WHERE tenant_id = app.tid() AND id = user_id;
    RETURN FOUND;
END
$$;
GRANT EXECUTE ON FUNCTION app.delete_user(uuid) TO tenantry_tenant;
