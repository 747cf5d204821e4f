SET ROLE tenantry_owner;
CREATE TABLE app.careful (
    tenant_id uuid NOT NULL DEFAULT app.tid(),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    email text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app.users (tenant_id, id)
);
SELECT tenantry.isolate('app.careful');
GRANT SELECT, INSERT (user_id, email), UPDATE (email) ON app.careful TO tenantry_tenant;
CREATE FUNCTION app.delete_careful(careful_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM app.careful WHERE tenant_id = app.tid() AND id = careful_id;
    RETURN FOUND;
END
$$;
GRANT EXECUTE ON FUNCTION app.delete_careful(uuid) TO tenantry_tenant;
