-- How tenants are kept apart. Run as tenantry_owner, like every migration here.

GRANT USAGE ON SCHEMA tenantry TO tenantry_service;
GRANT SELECT ON tenantry.migrations TO tenantry_service;

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO tenantry_tenant;

-- The one place that knows how a session is identified: by its login, tn_<32 hex>_<a|b>.
-- session_user and not current_user: SET ROLE, views and SECURITY DEFINER functions do not move it.
-- For anyone but a tenant it is an error (22P02) and shall stay one: NULL would make a backfill a silent no-op.
-- Plain SQL without SET or SECURITY DEFINER, so that PostgreSQL inlines it.
CREATE FUNCTION app.tid() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN substr(session_user::text, 4, 32)::uuid;
GRANT EXECUTE ON FUNCTION app.tid() TO tenantry_tenant;

-- Puts a table under row level security. The only writer of policies, since their text differs on Citus, which
-- refuses subqueries in them; elsewhere (select …) has the function evaluated once for a query, not for each row.
-- One policy for all commands, without TO: with TO tenantry_tenant the owner's SECURITY DEFINER functions would
-- find nothing, silently. And none for the owner: FORCE binds it as well.
-- No statistics on any column: EXPLAIN's estimates would tell how many rows another tenant has, and which values are
-- frequent in them. Plans lose nothing by it: every index leads with tenant_id, and figures over all tenants say
-- little about the one that asks. A column that is added later is set so as well.
CREATE FUNCTION tenantry.isolate(target regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own_row text := 'tenant_id = (SELECT app.tid())';
    col name;
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        own_row := 'tenant_id = app.tid()';
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY tenant_isolation ON %s USING (%s) WITH CHECK (%s)', target, own_row, own_row);
    FOR col IN
        SELECT attname FROM pg_attribute WHERE attrelid = target AND attnum > 0 AND NOT attisdropped
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', target, col);
    END LOOP;
END
$$;
