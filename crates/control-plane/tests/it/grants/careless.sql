CREATE SEQUENCE app.careless_seq;
CREATE TABLE app.careless (
    id bigint PRIMARY KEY DEFAULT nextval('app.careless_seq'),
    tenant_id uuid,
    email text UNIQUE,
    friend bigint REFERENCES app.careless (id)
);
CREATE POLICY wide ON app.careless FOR SELECT TO tenantry_tenant USING (true);
CREATE INDEX careless_friend_idx ON app.careless (friend, tenant_id);
CREATE STATISTICS app.careless_stats ON email, friend FROM app.careless;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON app.careless TO tenantry_tenant;
GRANT SELECT ON app.careless TO tenantry_service;
GRANT INSERT (tenant_id) ON app.careless TO tenantry_tenant;
CREATE TRIGGER careless BEFORE UPDATE ON app.careless
    FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE careless AS ON DELETE TO app.careless DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW app.careless_view AS SELECT id FROM app.careless;
GRANT SELECT ON app.careless_view TO tenantry_tenant;
CREATE VIEW app.careless_names AS SELECT email FROM app.careless;
GRANT UPDATE ON app.careless_names TO tenantry_tenant;
CREATE FUNCTION app.careless() RETURNS bigint LANGUAGE sql SECURITY DEFINER LEAKPROOF AS 'SELECT 1';
ALTER FUNCTION app.delete_user(uuid) SET search_path = app, pg_catalog;
CREATE ROLE tn_careless;
GRANT SELECT ON app.users TO tn_careless;
CREATE TABLE tenantry.careless ();
GRANT SELECT ON tenantry.careless TO tenantry_tenant;
GRANT USAGE ON SCHEMA tenantry TO tenantry_tenant;
