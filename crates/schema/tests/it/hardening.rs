//! Privileges that a fresh PostgreSQL grants to PUBLIC are reported, and revoked.

use schema::{Database, harden_database, hardening_gaps, migrate};
use sqlx::postgres::PgConnection;
use testkit::{Databases, LIMITS};

use testkit::{in_store, one, run};

async fn gaps(session: &mut PgConnection) -> Vec<String> {
    hardening_gaps(session, "postgres").await.unwrap()
}

async fn in_data(databases: &Databases) -> PgConnection {
    databases.server().superuser(databases.data().as_str()).await
}

#[tokio::test]
async fn fresh_databases_have_no_gaps() {
    let databases = Databases::new().await;
    assert_eq!(gaps(&mut in_data(&databases).await).await, Vec::<String>::new());
    assert_eq!(gaps(&mut in_store(&databases).await).await, Vec::<String>::new());
}

/// The report of a missing guard against tenants' DDL.
const UNGUARDED: &str = "the event trigger that refuses tenants' DDL before it takes locks is missing";

/// Statements that open a gap, and how the gap is reported. `{}` is the database, `{message}` a function whose
/// parameters differ between versions.
const GAPS: &[(&str, &str)] = &[
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
    // Functions that a superuser or an extension creates are open by default.
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
        "PUBLIC may execute functions that tenantry_owner creates",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_migrator GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "PUBLIC may execute functions that tenantry_migrator creates",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_provisioner_63 GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "PUBLIC may execute functions that tenantry_provisioner_63 creates",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_granter GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "PUBLIC may execute functions that tenantry_granter creates",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_watchdog GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "PUBLIC may execute functions that tenantry_watchdog creates",
    ),
    ("DROP EVENT TRIGGER tenantry_guard", UNGUARDED),
    ("ALTER EVENT TRIGGER tenantry_guard DISABLE", UNGUARDED),
    ("ALTER EVENT TRIGGER tenantry_guard ENABLE REPLICA", UNGUARDED),
    ("DROP SCHEMA tenantry_guard CASCADE", UNGUARDED),
];

#[tokio::test]
async fn every_kind_of_gap_is_reported_and_closed() {
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
    for (open, named) in GAPS {
        run(&mut superuser, &filled(open)).await.unwrap();
        assert_eq!(gaps(&mut superuser).await, [filled(named)], "{open}");
        harden_database(&mut superuser, Database::Data).await.unwrap();
        assert_eq!(gaps(&mut superuser).await, Vec::<String>::new(), "{open}");
    }
    // All at the same time, too.
    let again = |open: &str| !open.starts_with("CREATE") && !open.contains("tenantry_guard");
    for (open, _) in GAPS.iter().filter(|(open, _)| again(open)) {
        run(&mut superuser, &filled(open)).await.unwrap();
    }
    assert!(gaps(&mut superuser).await.len() > 10);
    harden_database(&mut superuser, Database::Data).await.unwrap();
    assert_eq!(gaps(&mut superuser).await, Vec::<String>::new());
}

/// The service needs some of the functions that are closed to tenants: hardening grants them again.
#[tokio::test]
async fn the_service_keeps_functions_that_are_revoked_from_public() {
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

/// A REVOKE of another grantor's privilege succeeds and revokes nothing: hence the reading back.
#[tokio::test]
async fn a_remaining_gap_fails_the_migration() {
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
    let error = migrate(&target, LIMITS).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database is not hardened: PUBLIC has select on tenantry.migrations"
    );
}
