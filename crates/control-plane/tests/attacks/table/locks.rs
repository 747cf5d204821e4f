//! Attempts to block another tenant. During each attempt, `b` has locked a row, and it works on while the attacker's
//! transaction is open.

use crate::attempt::{Attempt, denied, gives, allowed, refused};

pub(crate) const LOCKS: &[Attempt] = &[
    denied("ROW SHARE", "BEGIN; LOCK TABLE app.users IN ROW SHARE MODE"),
    denied("ROW EXCLUSIVE", "BEGIN; LOCK TABLE app.users IN ROW EXCLUSIVE MODE"),
    denied("SHARE UPDATE EXCLUSIVE", "BEGIN; LOCK TABLE app.users IN SHARE UPDATE EXCLUSIVE MODE"),
    denied("SHARE", "BEGIN; LOCK TABLE app.users IN SHARE MODE"),
    denied("SHARE ROW EXCLUSIVE", "BEGIN; LOCK TABLE app.users IN SHARE ROW EXCLUSIVE MODE"),
    denied("EXCLUSIVE", "BEGIN; LOCK TABLE app.users IN EXCLUSIVE MODE"),
    denied("ACCESS EXCLUSIVE", "BEGIN; LOCK TABLE app.users IN ACCESS EXCLUSIVE MODE"),
    denied("ACCESS EXCLUSIVE, NOWAIT", "BEGIN; LOCK TABLE ONLY app.users IN ACCESS EXCLUSIVE MODE NOWAIT"),
    denied("on the catalogue of tables", "BEGIN; LOCK TABLE pg_catalog.pg_class IN ROW SHARE MODE"),
    denied("on the catalogue of roles", "BEGIN; LOCK TABLE pg_catalog.pg_authid IN ACCESS SHARE MODE"),
    denied("on the catalogue of databases", "BEGIN; LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE"),
    denied("on the history of migrations", "BEGIN; LOCK TABLE tenantry.migrations IN ACCESS SHARE MODE"),
    denied("rows of the catalogue", "BEGIN; SELECT FROM pg_catalog.pg_class FOR UPDATE"),
    allowed("ACCESS SHARE", "BEGIN; LOCK TABLE app.users IN ACCESS SHARE MODE", "what a SELECT takes lets all others work"),
    gives("all rows that are seen", "BEGIN; SELECT count(*) FROM (SELECT FROM app.users FOR UPDATE) AS x", "2"),
    gives("a row that another has locked", "BEGIN; SELECT count(*) FROM (SELECT FROM app.users WHERE id = '{user}' FOR UPDATE) AS x", "0"),
    denied("an advisory lock", "SELECT pg_advisory_lock(1)"),
    denied("an advisory lock on all keys", "SELECT pg_advisory_lock(n) FROM generate_series(1, 1000) AS n"),
    denied("an advisory lock of two keys", "SELECT pg_advisory_xact_lock(1, 2)"),
    denied("a shared advisory lock", "SELECT pg_try_advisory_lock_shared(1)"),
    denied("the provisioners' lock", "SELECT pg_advisory_xact_lock(hashtextextended('{other}', 0))"),
    denied("an advisory lock given back", "SELECT pg_advisory_unlock_all()"),
    refused("a transaction prepared to stay", "BEGIN; UPDATE app.users SET name = 'x'; PREPARE TRANSACTION 'x'", "55000"),
    refused("another's prepared transaction", "COMMIT PREPARED 'x'", "42704"),
    allowed("a transaction that stays open", "BEGIN; UPDATE app.users SET name = 'x'; SELECT pg_sleep(0.05)", "it holds back vacuum, and the service's deadline ends it"),
];

/// PostgreSQL takes these locks before it checks the right: the attacker waits in the queue before it is refused, and all
/// later sessions wait behind it. The guard refuses before the lock.
pub(crate) const QUEUES: &[Attempt] = &[
    denied("a trigger: SHARE ROW EXCLUSIVE", "CREATE TRIGGER x BEFORE INSERT ON app.users EXECUTE FUNCTION suppress_redundant_updates_trigger()"),
    denied("a constraint trigger: SHARE ROW EXCLUSIVE", "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON app.users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"),
    denied("a rule: ACCESS EXCLUSIVE", "CREATE RULE x AS ON INSERT TO app.users DO INSTEAD NOTHING"),
    denied("a rule for reading: ACCESS EXCLUSIVE", "CREATE RULE \"_RETURN\" AS ON SELECT TO app.users DO INSTEAD SELECT * FROM app.users"),
    denied("an index that depends: ACCESS EXCLUSIVE", "ALTER INDEX app.users_pkey DEPENDS ON EXTENSION plpgsql"),
    denied("a view that depends, on the table: ACCESS EXCLUSIVE", "ALTER MATERIALIZED VIEW app.users DEPENDS ON EXTENSION plpgsql"),
];
