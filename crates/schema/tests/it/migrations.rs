//! Migrations: applied once, by one migrator at a time, within a deadline; changed ones are refused.

use std::time::Duration;

use schema::{AppliedMigration, Database, MigrateError, MigrateLimits, SchemaStatus, migrate, schema_status};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use testkit::{Databases, LIMITS, TestServer};
use tokio::time::{sleep, timeout};

use testkit::{one, run};

/// The lock that `migrate` takes.
const CLUSTER_LOCK: i64 = i64::from_be_bytes(*b"TENANTRY");

/// The state of a database: applied migrations with dates, objects and their access lists.
async fn state(server: &TestServer, database: &str) -> String {
    one(
        &mut server.superuser(database).await,
        "SELECT concat_ws(E'\n',
            (SELECT string_agg(migrations::text, E'\n' ORDER BY version) FROM tenantry.migrations),
            (SELECT string_agg(concat_ws(' ', oid, relname, relacl, xmin), E'\n' ORDER BY oid) FROM pg_class
             WHERE relnamespace::regnamespace::text IN ('app', 'control', 'tenantry')),
            (SELECT string_agg(concat_ws(' ', oid, proname, proacl), E'\n' ORDER BY oid) FROM pg_proc
             WHERE proacl IS NOT NULL),
            (SELECT string_agg(concat_ws(' ', oid, nspname, nspacl), E'\n' ORDER BY oid) FROM pg_namespace
             WHERE nspname !~ '^pg_'),
            (SELECT datacl::text FROM pg_database WHERE datname = current_database()))",
    )
    .await
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let databases = Databases::new().await;
    let server = databases.server();
    for (database, suffix) in [(Database::Control, "control"), (Database::Data, "data")] {
        let name = server.unused_name(suffix);
        let target = server.target(database, name.as_str(), true);
        migrate(&target, LIMITS).await.unwrap();
        let first = state(server, name.as_str()).await;
        assert_eq!(migrate(&target, LIMITS).await.unwrap(), Vec::<String>::new());
        assert_eq!(state(server, name.as_str()).await, first);
    }
}

/// Reverts the migration that creates `app.users`, with what later ones built on it, so that it is missing.
async fn revert_users(superuser: &mut PgConnection) {
    run(
        superuser,
        "DROP FUNCTION app.delete_user(uuid); DROP TABLE app.users CASCADE;
         DELETE FROM tenantry.migrations WHERE version = 3",
    )
    .await
    .unwrap();
}

/// A fork's migrations have higher numbers than the project's, so that the project's next one comes below them.
#[tokio::test]
async fn a_missing_migration_below_an_applied_one_is_applied() {
    let databases = Databases::new().await;
    let server = databases.server();
    let target = server.target(Database::Data, databases.data().as_str(), true);
    let mut superuser = server.superuser(databases.data().as_str()).await;
    revert_users(&mut superuser).await;
    let order = "SELECT max(version) > 3 FROM tenantry.migrations";
    assert!(one::<bool>(&mut superuser, order).await);
    assert_eq!(
        schema_status(&mut superuser, Database::Data).await.unwrap(),
        SchemaStatus::Behind { missing: 1 }
    );
    migrate(&target, LIMITS).await.unwrap();
    assert_eq!(
        schema_status(&mut superuser, Database::Data).await.unwrap(),
        SchemaStatus::Current
    );
    assert!(one::<bool>(&mut superuser, "SELECT to_regclass('app.users') IS NOT NULL").await);
}

/// A migration that waits for a lock times out, so that other sessions do not queue behind it, and retries.
#[tokio::test]
async fn a_migration_without_its_lock_times_out_and_retries() {
    let databases = Databases::new().await;
    let server = databases.server();
    let target = server.target(Database::Data, databases.data().as_str(), true);
    let mut superuser = server.superuser(databases.data().as_str()).await;
    revert_users(&mut superuser).await;

    // The table can be read, so the migration starts; its row cannot be written.
    let mut holder = server.superuser(databases.data().as_str()).await;
    run(&mut holder, "BEGIN; LOCK TABLE tenantry.migrations IN SHARE MODE")
        .await
        .unwrap();
    let limits = MigrateLimits {
        lock_timeout: Duration::from_millis(100),
        ..LIMITS
    };
    let migration = tokio::spawn(async move { migrate(&target, limits).await });

    let waiting = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'tenantry_migrator' AND wait_event_type = 'Lock'";
    let first = until_other_than(&mut superuser, waiting, 0).await;
    // Another backend waits: the first one timed out and was replaced.
    until_other_than(&mut superuser, waiting, first).await;
    assert!(!migration.is_finished());
    // The first attempt was rolled back.
    assert!(!one::<bool>(&mut superuser, "SELECT to_regclass('app.users') IS NOT NULL").await);

    run(&mut holder, "ROLLBACK").await.unwrap();
    assert_eq!(migration.await.unwrap().unwrap(), Vec::<String>::new());
    assert!(one::<bool>(&mut superuser, "SELECT to_regclass('app.users') IS NOT NULL").await);
}

/// Waits until the query returns neither 0 nor `before`.
async fn until_other_than(session: &mut PgConnection, query: &str, before: i32) -> i32 {
    timeout(Duration::from_secs(30), async {
        loop {
            let now: i32 = one(session, query).await;
            if now != 0 && now != before {
                return now;
            }
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("a backend waits for the lock")
}

#[tokio::test]
async fn waiting_for_another_migrator_ends_at_the_deadline() {
    let databases = Databases::new().await;
    let server = databases.server();
    let target = server.target(Database::Data, databases.data().as_str(), true);
    let mut other = server.superuser("postgres").await;
    run(&mut other, &format!("SELECT pg_advisory_lock({CLUSTER_LOCK})"))
        .await
        .unwrap();
    let limits = MigrateLimits {
        deadline: Duration::from_millis(200),
        ..LIMITS
    };
    match migrate(&target, limits).await {
        Err(MigrateError::Deadline) => {}
        answer => panic!("{answer:?}"),
    }
    other.close().await.unwrap();
    migrate(&target, LIMITS).await.unwrap();
}

/// A lock that is never released ends the retries at the deadline.
#[tokio::test]
async fn retries_end_at_the_deadline() {
    let databases = Databases::new().await;
    let server = databases.server();
    let target = server.target(Database::Data, databases.data().as_str(), true);
    let mut holder = server.superuser(databases.data().as_str()).await;
    run(&mut holder, "BEGIN; LOCK TABLE tenantry.migrations")
        .await
        .unwrap();
    let limits = MigrateLimits {
        deadline: Duration::from_secs(2),
        lock_timeout: Duration::from_millis(50),
    };
    let error = timeout(Duration::from_secs(30), migrate(&target, limits))
        .await
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(error, MigrateError::Deadline | MigrateError::Migration(_)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let databases = Databases::new().await;
    let server = databases.server();
    let mut superuser = server.superuser(databases.data().as_str()).await;
    run(
        &mut superuser,
        "UPDATE tenantry.migrations SET checksum = 'x' WHERE version = 2",
    )
    .await
    .unwrap();
    let target = server.target(Database::Data, databases.data().as_str(), true);
    match migrate(&target, LIMITS).await {
        Err(error @ MigrateError::Edited(AppliedMigration { version: 2, .. })) => {
            let text = error.to_string();
            for said in ["migration 2 (provisioners", "applied 20", "`tenantry db reset`"] {
                assert!(text.contains(said), "{said}: {text}");
            }
        }
        answer => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn a_newer_database_names_its_migration() {
    let databases = Databases::new().await;
    let server = databases.server();
    let mut superuser = server.superuser(databases.data().as_str()).await;
    run(
        &mut superuser,
        "INSERT INTO tenantry.migrations VALUES (999, 'from the future', '2030-01-31T12:00:00Z', true, '', 1)",
    )
    .await
    .unwrap();
    let target = server.target(Database::Data, databases.data().as_str(), true);
    let text = migrate(&target, LIMITS).await.unwrap_err().to_string();
    for said in [
        "migration 999 (from the future, applied 2030-01-31T12:00:00Z)",
        "newer version",
        "`tenantry db reset`",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_named_at_once() {
    let databases = Databases::new().await;
    let mut target = databases
        .server()
        .target(Database::Data, databases.data().as_str(), true);
    // Reserves a port and frees it, so that nothing listens there.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    target.cluster.port = socket.local_addr().unwrap().port();
    drop(socket);
    let begun = std::time::Instant::now();
    let error = migrate(&target, LIMITS).await.unwrap_err();
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    let place = format!("cannot reach PostgreSQL at 127.0.0.1:{}", target.cluster.port);
    assert_eq!(error.to_string(), place);
}

/// The error is reported, the failed migration is rolled back, and the next run continues.
#[tokio::test]
async fn a_failed_migration_is_rolled_back_and_can_be_repeated() {
    let databases = Databases::new().await;
    let server = databases.server();
    let mut superuser = server.superuser(databases.data().as_str()).await;
    revert_users(&mut superuser).await;
    // Conflicts with the migration's last statements.
    run(
        &mut superuser,
        "CREATE FUNCTION app.delete_user(uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    )
    .await
    .unwrap();
    let target = server.target(Database::Data, databases.data().as_str(), true);
    match migrate(&target, LIMITS).await {
        Err(MigrateError::Migration(sqlx::migrate::MigrateError::ExecuteMigration(_, 3))) => {}
        answer => panic!("{answer:?}"),
    }
    assert!(!one::<bool>(&mut superuser, "SELECT to_regclass('app.users') IS NOT NULL").await);
    run(&mut superuser, "DROP FUNCTION app.delete_user(uuid)")
        .await
        .unwrap();
    migrate(&target, LIMITS).await.unwrap();
    assert!(one::<bool>(&mut superuser, "SELECT to_regclass('app.users') IS NOT NULL").await);
}

#[tokio::test]
async fn the_service_can_read_the_schema_status() {
    let databases = Databases::new().await;
    let server = databases.server();
    for (database, name) in [
        (Database::Control, databases.control()),
        (Database::Data, databases.data()),
    ] {
        let mut superuser = server.superuser(name.as_str()).await;
        let mut service = server.connect(server.service(), name.as_str()).await.unwrap();
        assert_eq!(
            schema_status(&mut service, database).await.unwrap(),
            SchemaStatus::Current
        );

        let known: i64 = one(&mut superuser, "SELECT max(version) FROM tenantry.migrations").await;
        run(
            &mut superuser,
            "INSERT INTO tenantry.migrations VALUES (9223372036854775807, 'from the future', now(), true, '', 1)",
        )
        .await
        .unwrap();
        assert_eq!(
            schema_status(&mut service, database).await.unwrap(),
            SchemaStatus::Ahead {
                newest: i64::MAX,
                known,
            }
        );

        let later = "WITH later AS (DELETE FROM tenantry.migrations WHERE version >= 2
                RETURNING description <> 'from the future' AS ours)
            SELECT count(*) FILTER (WHERE ours) FROM later";
        let missing = usize::try_from(one::<i64>(&mut superuser, later).await).unwrap();
        assert_eq!(
            schema_status(&mut service, database).await.unwrap(),
            SchemaStatus::Behind { missing }
        );
        for gone in ["DROP TABLE tenantry.migrations", "DROP SCHEMA tenantry CASCADE"] {
            run(&mut superuser, gone).await.unwrap();
            assert_eq!(
                schema_status(&mut service, database).await.unwrap(),
                SchemaStatus::Behind { missing: missing + 1 }
            );
        }
    }
}

/// Rows from before the constraint do not fail the migration, and can be changed after it.
#[tokio::test]
async fn timestamps_out_of_range_are_clamped_by_the_migration() {
    let databases = Databases::new().await;
    let server = databases.server();
    let plane = databases.control_plane();
    let tenants = [
        testkit::tenant(&plane, "acme").await.id,
        testkit::tenant(&plane, "globex").await.id,
        testkit::tenant(&plane, "initech").await.id,
    ];
    let mut data = server.superuser(databases.data().as_str()).await;
    run(
        &mut data,
        "ALTER TABLE app.users DROP CONSTRAINT users_moments_check;
         DELETE FROM tenantry.migrations WHERE version = 11",
    )
    .await
    .unwrap();
    for (tenant, [created, updated]) in tenants.into_iter().zip([
        ["-infinity", "0044-03-15 12:00:00+00 BC"],
        ["2026-01-31 12:00:00+00", "infinity"],
        ["10000-01-01 00:00:00+00", "2026-01-31 12:00:00+00"],
    ]) {
        let insert = format!(
            "INSERT INTO app.users (tenant_id, name, created_at, updated_at)
             VALUES ('{tenant}', '{tenant}', '{created}', '{updated}')"
        );
        run(&mut data, &insert).await.unwrap();
    }
    let mut store = server.superuser(databases.control().as_str()).await;
    for table in ["tenants", "operations", "api_keys", "admin_tokens", "audit_log"] {
        let drop = format!("ALTER TABLE control.{table} DROP CONSTRAINT {table}_moments_check");
        run(&mut store, &drop).await.unwrap();
    }
    run(
        &mut store,
        "ALTER TABLE control.tenants DROP COLUMN request;
         DELETE FROM tenantry.migrations WHERE version = 10;
         UPDATE control.tenants SET created_at = 'infinity' WHERE name = 'acme';
         UPDATE control.tenants SET state = 'offboarding', returns_to = 'active', purge_at = 'infinity'
            WHERE name = 'globex';
         UPDATE control.operations SET due_at = '-infinity', finished_at = '10000-01-01';
         UPDATE control.audit_log SET at = 'infinity';
         INSERT INTO control.admin_tokens (id, name, role, sha256, expires_at)
            VALUES (gen_random_uuid(), 'ci', 'viewer', sha256(''), 'infinity')",
    )
    .await
    .unwrap();

    for (database, name) in [
        (Database::Data, databases.data()),
        (Database::Control, databases.control()),
    ] {
        let target = server.target(database, name.as_str(), true);
        assert_eq!(migrate(&target, LIMITS).await.unwrap(), Vec::<String>::new());
    }

    let moments: String = one(
        &mut data,
        "SELECT string_agg(concat_ws(' ', created_at AT TIME ZONE 'UTC', updated_at AT TIME ZONE 'UTC'), E'\n'
            ORDER BY created_at) FROM app.users",
    )
    .await;
    assert_eq!(
        moments,
        "0001-01-01 00:00:00 0001-01-01 00:00:00\n\
         2026-01-31 12:00:00 9999-12-31 23:59:59.999999\n\
         9999-12-31 23:59:59.999999 2026-01-31 12:00:00"
    );
    let forced = "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'app.users'::regclass";
    assert!(one::<bool>(&mut data, forced).await);
    run(&mut data, "UPDATE app.users SET confirmed = true")
        .await
        .unwrap();

    let outside: i64 = one(
        &mut store,
        "SELECT (SELECT count(*) FROM control.tenants WHERE NOT isfinite(created_at) OR NOT isfinite(purge_at))
            + (SELECT count(*) FROM control.operations WHERE NOT isfinite(due_at) OR finished_at >= '10000-01-01')
            + (SELECT count(*) FROM control.audit_log WHERE NOT isfinite(at))
            + (SELECT count(*) FROM control.admin_tokens WHERE NOT isfinite(expires_at))",
    )
    .await;
    assert_eq!(outside, 0);
    let kept: i64 = one(
        &mut store,
        "SELECT count(*) FROM control.tenants WHERE (name = 'globex') = (purge_at IS NOT NULL)",
    )
    .await;
    assert_eq!(kept, 3);
}

/// Reverts the migration that makes names unique in NFC.
async fn revert_unique_lookalikes(store: &mut PgConnection) {
    run(
        store,
        "DROP INDEX control.tenants_normalized_name_key; DELETE FROM tenantry.migrations WHERE version = 12",
    )
    .await
    .unwrap();
}

const INSERT: &str = "INSERT INTO control.tenants (id, name, created_at) VALUES";

/// Of older names that look the same, the index has one, so that no further one can be added.
#[tokio::test]
async fn older_lookalike_names_stay_and_no_other_can_be_added() {
    let databases = Databases::new().await;
    let server = databases.server();
    let mut store = server.superuser(databases.control().as_str()).await;
    revert_unique_lookalikes(&mut store).await;
    let older = format!(
        "{INSERT} (gen_random_uuid(), U&'Zoe\\0308', '2026-01-01'), (gen_random_uuid(), U&'Zo\\00eb', '2026-01-02'),
            (gen_random_uuid(), U&'\\212b', '2026-01-01'), (gen_random_uuid(), U&'A\\030a', '2026-01-02'),
            (gen_random_uuid(), 'acme', '2026-01-01')"
    );
    run(&mut store, &older).await.unwrap();

    let target = server.target(Database::Control, databases.control().as_str(), true);
    assert_eq!(migrate(&target, LIMITS).await.unwrap(), Vec::<String>::new());
    let kept: i64 = one(&mut store, "SELECT count(*) FROM control.tenants").await;
    assert_eq!(kept, 5);
    for (lookalike, is_free) in [
        ("'Zoe\\0308'", false),
        ("'Zo\\00eb'", false),
        ("'\\00c5'", false),
        ("'acme'", false),
        ("'Zoe'", true),
    ] {
        let insert = format!("{INSERT} (gen_random_uuid(), U&{lookalike}, now()) ON CONFLICT DO NOTHING");
        let inserted = run(&mut store, &insert).await.unwrap();
        assert_eq!(inserted.rows_affected() == 1, is_free, "{lookalike}");
    }
    // A purged tenant has no name, and an older lookalike can still be changed.
    run(
        &mut store,
        "UPDATE control.tenants SET state = 'purged' WHERE name IN ('acme', U&'Zoe\\0308');
         UPDATE control.tenants SET name = U&'\\00c5ngstr\\00f6m' WHERE name = U&'A\\030a'",
    )
    .await
    .unwrap();
    run(
        &mut store,
        &format!("{INSERT} (gen_random_uuid(), 'acme', now())"),
    )
    .await
    .unwrap();
}

/// A control store that was not created by `migrate` may have another encoding, in which nothing can be normalized.
#[tokio::test]
async fn a_control_store_of_another_encoding_is_migrated() {
    let databases = Databases::new().await;
    let server = databases.server();
    let name = server.unused_name("ascii");
    let create = format!(
        "CREATE DATABASE {} OWNER tenantry_owner TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
        name.as_str()
    );
    run(&mut server.superuser("postgres").await, &create)
        .await
        .unwrap();
    let target = server.target(Database::Control, name.as_str(), true);
    migrate(&target, LIMITS).await.unwrap();
    let mut store = server.superuser(name.as_str()).await;
    let indexed = "SELECT to_regclass('control.tenants_normalized_name_key') IS NOT NULL";
    assert!(!one::<bool>(&mut store, indexed).await);
}
