//! Exhaustion of resources that all sessions of the server share: the lock table, and locks on databases and roles in the
//! shared catalogs. Rights do not bound them, so the watchdog ends sessions that hold too much. Each script ends with
//! `pg_sleep`, so that a session holds its locks until it is ended.

use crate::exhaustion::attempt::{Script, ExhaustionAttempt, beside, one, several};

const TAKES_ONE: &str = "SAVEPOINT s; INSERT INTO app.users (name) VALUES ('x')";
/// Holds a lock on a shared object, by a right of its own.
const HOLDS: &str = "BEGIN; ALTER ROLE CURRENT_USER IN DATABASE {data} SET application_name = 'x'";
const HOLDS_STORE: &str = "BEGIN; ALTER ROLE CURRENT_USER IN DATABASE {control} SET application_name = 'x'";
const HOLDS_MAINTENANCE: &str = "BEGIN; ALTER ROLE CURRENT_USER IN DATABASE postgres SET application_name = 'x'";

/// Ended by the watchdog.
const ENDED: &str = "57P01";
/// Refused or ended, whichever comes first.
const NOT_DONE: &str = "57P01 42501";

pub(crate) const EXHAUSTION: &[ExhaustionAttempt] = &[
    // The lock table
    one("savepoints, a message each", Script::RoundTrips(TAKES_ONE, 20_000), ENDED),
    one("savepoints in one message", Script::OneMessage(TAKES_ONE, 20_000), ENDED),
    one("savepoints that update", Script::OneMessage("SAVEPOINT s; UPDATE app.users SET name = 'x'", 20_000), ENDED),
    one("blocks of a DO, one in another", Script::Blocks("INSERT INTO app.users (name) VALUES ('x')", 750), ENDED),
    several("savepoints of eight sessions at once", Script::OneMessage(TAKES_ONE, 5_000), 8, ENDED),
    several("a little each of 88 sessions", Script::OneMessage(TAKES_ONE, 300), 88, ENDED),
    several("all of the catalogue, of 20 sessions", Script::Messages(&["BEGIN; DO $$ DECLARE r regclass; BEGIN FOR r IN SELECT oid FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'pg_catalog'::regnamespace AND has_table_privilege(oid, 'SELECT') LOOP BEGIN EXECUTE format('SELECT FROM %s LIMIT 0', r); EXCEPTION WHEN insufficient_privilege THEN NULL; END; END LOOP; END $$"]), 20, ENDED),
    // New logins of a database
    one("a setting of its own in the tenants' database", Script::Messages(&[HOLDS]), ENDED),
    one("a setting of its own in the control store", Script::Messages(&[HOLDS_STORE]), ENDED),
    one("a setting of its own in the maintenance database", Script::Messages(&[HOLDS_MAINTENANCE]), ENDED),
    beside("the tenants' database renamed", HOLDS, "ALTER DATABASE {data} RENAME TO z", NOT_DONE),
    beside("the control store renamed", HOLDS_STORE, "ALTER DATABASE {control} RENAME TO z", NOT_DONE),
    beside("the maintenance database renamed", HOLDS_MAINTENANCE, "ALTER DATABASE postgres RENAME TO z", NOT_DONE),
    beside("the tenants' database set", HOLDS, "ALTER DATABASE {data} SET work_mem = '1MB'", NOT_DONE),
    beside("the control store set", HOLDS_STORE, "ALTER DATABASE {control} SET work_mem = '1MB'", NOT_DONE),
    beside("the control store's owner", HOLDS_STORE, "ALTER DATABASE {control} OWNER TO CURRENT_USER", NOT_DONE),
    beside("the control store's tablespace", HOLDS_STORE, "ALTER DATABASE {control} SET TABLESPACE pg_default", NOT_DONE),
    beside("the control store closed", HOLDS_STORE, "ALTER DATABASE {control} ALLOW_CONNECTIONS false", NOT_DONE),
    beside("the tenants' database dropped", HOLDS, "DROP DATABASE {data}", "57P01 42501 55006"),
    beside("the control store dropped", HOLDS_STORE, "DROP DATABASE {control} WITH (FORCE)", NOT_DONE),
    beside("the maintenance database dropped", HOLDS_MAINTENANCE, "DROP DATABASE postgres", NOT_DONE),
    beside("a comment on the control store", HOLDS_STORE, "COMMENT ON DATABASE {control} IS 'x'", NOT_DONE),
    beside("a label on the control store", HOLDS_STORE, "SECURITY LABEL ON DATABASE {control} IS 'x'", "57P01 42501 22023"),
    beside("a grant on the control store", HOLDS_STORE, "GRANT CONNECT ON DATABASE {control} TO CURRENT_USER", NOT_DONE),
    beside("a template of the control store", HOLDS_STORE, "CREATE DATABASE z TEMPLATE {control}", NOT_DONE),
    // Roles
    one("a setting of its own login", Script::Messages(&["BEGIN; ALTER ROLE CURRENT_USER SET work_mem = '1MB'"]), ENDED),
    beside("a comment on another's login", HOLDS, "COMMENT ON ROLE {other}_a IS 'x'", NOT_DONE),
    beside("a label on another's login", HOLDS, "SECURITY LABEL ON ROLE {other}_a IS 'x'", "57P01 42501 22023"),
    beside("what another owns", HOLDS, "REASSIGN OWNED BY {other}_a TO CURRENT_USER", NOT_DONE),
    beside("what it owns itself", HOLDS, "DROP OWNED BY CURRENT_USER", NOT_DONE),
    beside("another's login dropped", HOLDS, "DROP ROLE {other}_a", NOT_DONE),
    beside("the group given to another", HOLDS, "GRANT tenantry_tenant TO {other}_a", NOT_DONE),
    beside("a tablespace", HOLDS, "COMMENT ON TABLESPACE pg_default IS 'x'", NOT_DONE),
];
