-- A tenant may choose the id of a new user: PUT adds or replaces it. The key leads with tenant_id, so that an id which
-- another tenant has is as free as any other.

GRANT INSERT (id) ON app.users TO tenantry_tenant;
