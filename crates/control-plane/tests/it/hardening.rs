//! What a fresh PostgreSQL leaves open to PUBLIC is named, and closed.

use control_plane::postgres::{Database, harden_database, open_doors};
use sqlx::postgres::PgConnection;
use testkit::{Databases, LIMITS};

use crate::support::{in_store, one, run};

async fn doors(session: &mut PgConnection) -> Vec<String> {
    open_doors(session, "postgres").await.unwrap()
}

async fn in_data(databases: &Databases) -> PgConnection {
    databases.server().superuser(databases.data().as_str()).await
}

#[tokio::test]
async fn fresh_databases_have_no_open_door() {
    let databases = Databases::new().await;
    assert_eq!(doors(&mut in_data(&databases).await).await, Vec::<String>::new());
    assert_eq!(doors(&mut in_store(&databases).await).await, Vec::<String>::new());
}

/// What opens a door, and how it is called. `{}` is the database, `{message}` a function whose parameters differ
/// between versions.
const DOORS: &[(&str, &str)] = &[
    (
        "GRANT CONNECT ON DATABASE {} TO PUBLIC",
        "PUBLIC has connect on database {}",
    ),
    (
        "GRANT TEMPORARY ON DATABASE {} TO PUBLIC",
        "PUBLIC has temporary on database {}",
    ),
    (
        "GRANT CREATE ON DATABASE {} TO PUBLIC",
        "PUBLIC has create on database {}",
    ),
    (
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "PUBLIC has create on schema public",
    ),
    (
        "GRANT USAGE ON SCHEMA public TO PUBLIC",
        "PUBLIC has usage on schema public",
    ),
    (
        "GRANT USAGE ON SCHEMA tenantry TO PUBLIC",
        "PUBLIC has usage on schema tenantry",
    ),
    (
        "GRANT SELECT ON tenantry.migrations TO PUBLIC",
        "PUBLIC has select on tenantry.migrations",
    ),
    (
        "GRANT UPDATE (description) ON tenantry.migrations TO PUBLIC",
        "PUBLIC has update on tenantry.migrations.description",
    ),
    (
        "CREATE SEQUENCE tenantry.\"a Sequence\"; GRANT USAGE ON SEQUENCE tenantry.\"a Sequence\" TO PUBLIC",
        "PUBLIC has usage on tenantry.a Sequence",
    ),
    (
        "GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC",
        "PUBLIC may execute pg_advisory_lock(bigint)",
    ),
    (
        "GRANT EXECUTE ON FUNCTION pg_try_advisory_xact_lock_shared(integer, integer) TO PUBLIC",
        "PUBLIC may execute pg_try_advisory_xact_lock_shared(integer,integer)",
    ),
    (
        "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC",
        "PUBLIC may execute lo_create(oid)",
    ),
    (
        "GRANT EXECUTE ON FUNCTION loread(integer, integer) TO PUBLIC",
        "PUBLIC may execute loread(integer,integer)",
    ),
    (
        "GRANT EXECUTE ON FUNCTION {message} TO PUBLIC",
        "PUBLIC may execute {message}",
    ),
    (
        "GRANT EXECUTE ON FUNCTION currtid2(text, tid) TO PUBLIC",
        "PUBLIC may execute currtid2(text,tid)",
    ),
    (
        "GRANT EXECUTE ON FUNCTION pg_stat_get_activity(integer) TO PUBLIC",
        "PUBLIC may execute 1 of them, such as pg_stat_get_activity(integer)",
    ),
    (
        "GRANT EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn() TO PUBLIC",
        "PUBLIC may execute 2 of them, such as pg_control_system()",
    ),
    // As a superuser makes it, or an extension: open unless told otherwise.
    (
        "CREATE FUNCTION tenantry.open() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "PUBLIC may execute tenantry.open()",
    ),
    (
        "CREATE PROCEDURE tenantry.open_procedure() LANGUAGE sql AS 'SELECT 1'",
        "PUBLIC may execute tenantry.open_procedure()",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "functions that tenantry_owner creates are open to PUBLIC",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_migrator GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "functions that tenantry_migrator creates are open to PUBLIC",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_provisioner_63 GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "functions that tenantry_provisioner_63 creates are open to PUBLIC",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_granter GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "functions that tenantry_granter creates are open to PUBLIC",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_watchdog GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "functions that tenantry_watchdog creates are open to PUBLIC",
    ),
    (
        "DROP EVENT TRIGGER tenantry_guard",
        "no guard keeps tenants from trying DDL, whose locks come before the refusal",
    ),
    (
        "ALTER EVENT TRIGGER tenantry_guard DISABLE",
        "no guard keeps tenants from trying DDL, whose locks come before the refusal",
    ),
    (
        "ALTER EVENT TRIGGER tenantry_guard ENABLE REPLICA",
        "no guard keeps tenants from trying DDL, whose locks come before the refusal",
    ),
    (
        "DROP SCHEMA tenantry_guard CASCADE",
        "no guard keeps tenants from trying DDL, whose locks come before the refusal",
    ),
];

#[tokio::test]
async fn every_kind_of_door_is_named_and_closed() {
    let databases = Databases::new().await;
    let mut superuser = in_data(&databases).await;
    let message: String = one(
        &mut superuser,
        "SELECT min(oid::regprocedure::text) FROM pg_proc WHERE proname = 'pg_logical_emit_message'",
    )
    .await;
    let filled = |text: &str| {
        text.replace("{}", databases.data().as_str())
            .replace("{message}", &message)
    };
    for (open, named) in DOORS {
        run(&mut superuser, &filled(open)).await.unwrap();
        assert_eq!(doors(&mut superuser).await, [filled(named)], "{open}");
        harden_database(&mut superuser, Database::Data).await.unwrap();
        assert_eq!(doors(&mut superuser).await, Vec::<String>::new(), "{open}");
    }
    // All at once, too.
    let again = |open: &str| !open.starts_with("CREATE") && !open.contains("tenantry_guard");
    for (open, _) in DOORS.iter().filter(|(open, _)| again(open)) {
        run(&mut superuser, &filled(open)).await.unwrap();
    }
    assert!(doors(&mut superuser).await.len() > 10);
    harden_database(&mut superuser, Database::Data).await.unwrap();
    assert_eq!(doors(&mut superuser).await, Vec::<String>::new());
}

/// What is closed to tenants the service works with: whatever is taken from it by hand comes back.
#[tokio::test]
async fn the_service_keeps_what_is_taken_from_public() {
    let databases = Databases::new().await;
    let mut superuser = in_data(&databases).await;
    run(
        &mut superuser,
        "REVOKE EXECUTE ON FUNCTION pg_stat_get_activity(integer), pg_notification_queue_usage() FROM tenantry_service",
    )
    .await
    .unwrap();
    harden_database(&mut superuser, Database::Data).await.unwrap();
    let login = databases.server().service();
    let mut service = databases
        .server()
        .connect(login, databases.data().as_str())
        .await
        .unwrap();
    run(
        &mut service,
        "SELECT pid FROM pg_stat_activity; SELECT pid FROM pg_locks; SELECT pg_notification_queue_usage()",
    )
    .await
    .unwrap();
}

/// A REVOKE takes back only what its own grantor gave, and succeeds all the same: hence the reading back.
#[tokio::test]
async fn a_door_that_stays_open_fails_the_migration() {
    let databases = Databases::new().await;
    let mut superuser = in_data(&databases).await;
    run(
        &mut superuser,
        "GRANT SELECT ON tenantry.migrations TO tenantry_service WITH GRANT OPTION;
         SET ROLE tenantry_service;
         GRANT SELECT ON tenantry.migrations TO PUBLIC;
         RESET ROLE",
    )
    .await
    .unwrap();
    let target = databases
        .server()
        .target(Database::Data, databases.data().as_str(), true);
    let error = control_plane::postgres::migrate(&target, LIMITS)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database is not hardened: PUBLIC has select on tenantry.migrations"
    );
}
