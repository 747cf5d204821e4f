//! Disclosures of PostgreSQL to one tenant about others that share its table, database or server. `docs/isolation.md`
//! lists it, with alternatives. Each query returns true. `b` has changed a setting of its login.

/// The shared object and the disclosure; and the query. `b` has more than two thousand rows.
pub(crate) const DISCLOSURES: &[(&str, &str)] = &[
    ("table: how many rows all others have, by a run's filter", "DO $$ DECLARE line text; BEGIN SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; FOR line IN EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) SELECT FROM app.users' LOOP IF line ~ 'Rows Removed by Filter: 2003' THEN PERFORM set_config('x.told', 't', false); END IF; END LOOP; END $$; SELECT current_setting('x.told')"),
    ("table: about how many rows there are, by an estimate", "SELECT reltuples >= 2000 FROM pg_class WHERE oid = 'app.users'::regclass"),
    ("table: about how large it is", "SELECT relpages > 10 FROM pg_class WHERE oid = 'app.users'::regclass"),
    ("table: that others write, by the places of one's own rows", "WITH x AS (INSERT INTO app.users (name) VALUES ('x') RETURNING ctid) SELECT ctid > '(5,1)' FROM x"),
    ("database: what others send with NOTIFY, to every listener", "LISTEN x; SELECT true"),
    ("server: which tenants there are, by id", "SELECT count(*) = 1 FROM pg_roles WHERE rolname = '{other}_a'"),
    ("server: who may become whom", "SELECT count(*) >= 1 FROM pg_auth_members WHERE member = '{other}_a'::regrole"),
    ("server: what others left as settings of their login", "SELECT count(*) = 1 FROM pg_db_role_setting WHERE setrole = '{other}_a'::regrole"),
    ("server: which databases there are", "SELECT count(*) = 1 FROM pg_database WHERE datname = '{control}'"),
    ("server: how many connections each may hold", "SELECT rolconnlimit = 130 FROM pg_roles WHERE rolname = '{other}_a'"),
    ("server: how many transactions there are, by number", "SELECT pg_current_xact_id()::text::bigint > 0"),
    ("server: which transactions are open, by number", "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint > 0"),
    ("server: how it is configured", "SELECT count(*) > 300 FROM pg_settings"),
];
