-- tenantry.isolate may be run again on a table: after a column, an index or a partition was added, and where something
-- of what it does was undone. It locks the table against reading only where its row level security has to change.

CREATE OR REPLACE FUNCTION tenantry.isolate(target regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own_row text := 'tenant_id = (SELECT app.tid())';
    -- The same, as PostgreSQL shows it.
    shown text := '(tenant_id = ( SELECT app.tid() AS tid))';
    statement text;
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        own_row := 'tenant_id = app.tid()';
        shown := '(tenant_id = app.tid())';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_class WHERE oid = target AND relrowsecurity AND relforcerowsecurity) THEN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_policy
        WHERE polrelid = target AND polname = 'tenant_isolation' AND polpermissive AND polcmd = '*' AND polroles = '{0}'
            AND pg_get_expr(polqual, polrelid) = shown AND pg_get_expr(polwithcheck, polrelid) = shown
    ) THEN
        IF EXISTS (SELECT FROM pg_policy WHERE polrelid = target AND polname = 'tenant_isolation') THEN
            EXECUTE format('DROP POLICY tenant_isolation ON %s', target);
        END IF;
        EXECUTE format('CREATE POLICY tenant_isolation ON %s USING (%s) WITH CHECK (%s)', target, own_row, own_row);
    END IF;
    -- No statistics: of the table's columns, of its partitions' and of expressions in their indexes.
    FOR statement IN
        WITH RECURSIVE tables (oid) AS (
            SELECT target::oid
            UNION
            SELECT inhrelid FROM tables JOIN pg_inherits ON inhparent = tables.oid
        )
        SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STATISTICS 0', attrelid::regclass, attname)
        FROM tables JOIN pg_attribute ON attrelid = tables.oid
        WHERE attnum > 0 AND NOT attisdropped AND attstattarget IS DISTINCT FROM 0
        UNION ALL
        SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS 0', indexrelid::regclass, attnum)
        FROM tables JOIN pg_index ON indrelid = tables.oid JOIN pg_attribute ON attrelid = indexrelid
        WHERE attnum <= indnkeyatts AND indkey[attnum - 1] = 0 AND attstattarget IS DISTINCT FROM 0
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
