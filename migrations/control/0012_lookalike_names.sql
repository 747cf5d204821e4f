-- New names come in Unicode's form NFC; older ones may be in another form. A new name is refused beside an older one that
-- looks the same.
--
-- Older names that look the same as each other stay. Of each such group, the index has one: the name in NFC, else the
-- oldest tenant's. The others are excluded by their ids, so that the upgrade does not fail.

-- Nothing is created between the search for such names and the index. The version before goes on reading.
LOCK TABLE control.tenants IN SHARE MODE;
DO $$
DECLARE
    excluded text;
BEGIN
    -- PostgreSQL normalizes in UTF8 alone. A database of another encoding was not created by tenantry; there the index on
    -- the stored names stays the only one.
    IF getdatabaseencoding() <> 'UTF8' THEN
        RETURN;
    END IF;
    SELECT string_agg(quote_literal(id) || '::uuid', ', ' ORDER BY id) INTO excluded
    FROM (
        SELECT id, row_number() OVER (
            PARTITION BY normalize(name) ORDER BY name <> normalize(name), created_at, id
        ) AS number
        FROM control.tenants WHERE state <> 'purged'
    ) AS lookalikes
    WHERE number > 1;
    EXECUTE 'CREATE UNIQUE INDEX tenants_normalized_name_key ON control.tenants (normalize(name)) WHERE state <> ''purged'''
        || coalesce(' AND id NOT IN (' || excluded || ')', '');
END
$$;
