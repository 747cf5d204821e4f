-- Names as a search compares them: in small letters by Unicode's rules, whatever the locale of the cluster is.
--
-- A column, and no index on an expression: under row level security PostgreSQL looks up in an index only what cannot
-- disclose other tenants' rows, and lower() of a column is not proved to be so; comparisons of a column are. Compared byte
-- by byte ("C"), so that the index finds prefixes. ICU has the small sigma at the end of a word and within it as two
-- letters; here they are one, as otherwise the beginning of a word would not be found in it.
--
-- This writes every row of the table anew, which is locked meanwhile.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_collation WHERE collname = 'und-x-icu' AND collnamespace = 'pg_catalog'::regnamespace
    ) THEN
        RAISE EXCEPTION 'this PostgreSQL has no ICU: its collation "und-x-icu" is missing'
            USING ERRCODE = 'feature_not_supported',
                HINT = 'Use a PostgreSQL that is built with ICU, as those of the distributions are.';
    END IF;
END
$$;

ALTER TABLE app.users
    ADD COLUMN name_search text COLLATE "C"
        GENERATED ALWAYS AS (replace(lower(name COLLATE "und-x-icu"), U&'\03C2', U&'\03C3')) STORED;
CREATE INDEX users_name_search_idx ON app.users (tenant_id, name_search, id);

-- Once more, for the new column: PostgreSQL keeps no statistics of it.
SELECT tenantry.isolate('app.users');
