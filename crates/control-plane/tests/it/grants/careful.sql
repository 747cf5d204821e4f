SET ROLE tenantry_owner;
CREATE TABLE app.fixture_careful (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    email text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app.users (tenant_id, id)
);
SELECT tenantry.isolate('app.fixture_careful');
GRANT SELECT, INSERT (user_id, email), UPDATE (email) ON app.fixture_careful TO tenantry_tenant;
CREATE FUNCTION app.fixture_delete_careful(careful_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM app.fixture_careful WHERE tenant_id = app.tid() AND id = careful_id;
    RETURN FOUND;
END
$$;
GRANT EXECUTE ON FUNCTION app.fixture_delete_careful(uuid) TO tenantry_tenant;
-- Reached by way of its parent alone, a partition needs no policy of its own.
CREATE TABLE app.fixture_parts (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    at date NOT NULL,
    PRIMARY KEY (tenant_id, id, at)
) PARTITION BY RANGE (at);
CREATE TABLE app.fixture_part PARTITION OF app.fixture_parts FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
SELECT tenantry.isolate('app.fixture_parts');
GRANT SELECT, INSERT (at) ON app.fixture_parts TO tenantry_tenant;
