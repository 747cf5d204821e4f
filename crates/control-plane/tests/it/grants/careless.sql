CREATE SEQUENCE app.fixture_careless_seq;
CREATE TABLE app.fixture_careless (
    id bigint PRIMARY KEY DEFAULT nextval('app.fixture_careless_seq'),
    tenant_id uuid,
    email text UNIQUE,
    friend bigint REFERENCES app.fixture_careless (id)
);
CREATE POLICY wide ON app.fixture_careless FOR SELECT TO tenantry_tenant USING (true);
CREATE INDEX fixture_careless_friend_idx ON app.fixture_careless (friend, tenant_id);
CREATE STATISTICS app.fixture_careless_stats ON email, friend FROM app.fixture_careless;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON app.fixture_careless TO tenantry_tenant;
GRANT SELECT ON app.fixture_careless TO tenantry_service;
GRANT INSERT (tenant_id) ON app.fixture_careless TO tenantry_tenant;
CREATE TRIGGER fixture_careless BEFORE UPDATE ON app.fixture_careless
    FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE fixture_careless AS ON DELETE TO app.fixture_careless DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW app.fixture_careless_view AS SELECT id FROM app.fixture_careless;
GRANT SELECT ON app.fixture_careless_view TO tenantry_tenant;
CREATE VIEW app.fixture_careless_names AS SELECT email FROM app.fixture_careless;
GRANT UPDATE ON app.fixture_careless_names TO tenantry_tenant;
CREATE FUNCTION app.fixture_careless() RETURNS bigint LANGUAGE sql SECURITY DEFINER LEAKPROOF AS 'SELECT 1';
ALTER FUNCTION app.delete_user(uuid) SET search_path = app, pg_catalog;
CREATE ROLE tn_fixture_careless;
GRANT SELECT ON app.users TO tn_fixture_careless;
CREATE TABLE tenantry.fixture_careless ();
GRANT SELECT ON tenantry.fixture_careless TO tenantry_tenant;
GRANT USAGE ON SCHEMA tenantry TO tenantry_tenant;
