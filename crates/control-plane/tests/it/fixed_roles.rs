//! The fixed roles: refused when they have too much power, and given the configured passwords.

use control_plane::postgres::{Database, Login, MigrateError, migrate};
use testkit::{LIMITS, TestServer};

use crate::support::{one, run};

/// Roles of ours that were there before us may have more than we would give them.
#[tokio::test]
async fn roles_with_more_than_they_may_have_are_refused() {
    let server = TestServer::bare().await;
    let target = server.target(Database::Control, "control", true);
    migrate(&target, LIMITS).await.unwrap();
    let mut superuser = server.superuser("postgres").await;
    run(&mut superuser, "CREATE ROLE tn_x").await.unwrap();

    for (role, power) in [
        ("tenantry_service", "SUPERUSER"),
        ("tenantry_tenant", "BYPASSRLS"),
        ("tenantry_owner", "REPLICATION"),
        ("tenantry_migrator", "SUPERUSER"),
        ("tenantry_migrator", "BYPASSRLS"),
        ("tenantry_provisioner_07", "BYPASSRLS"),
        ("tenantry_service", "CREATEROLE"),
        ("tenantry_tenant", "CREATEDB"),
        ("tenantry_owner", "CREATEROLE"),
        ("tenantry_owner", "LOGIN"),
        ("tenantry_tenant", "LOGIN"),
        ("tenantry_provisioner_07", "LOGIN"),
        ("tenantry_granter", "CREATEROLE"),
        ("tenantry_granter", "LOGIN"),
        ("tenantry_watchdog", "CREATEROLE"),
        ("tenantry_watchdog", "LOGIN"),
    ] {
        run(&mut superuser, &format!("ALTER ROLE {role} {power}"))
            .await
            .unwrap();
        assert_eq!(
            powers(migrate(&target, LIMITS).await),
            [format!("{role} has {power}")]
        );
        run(&mut superuser, &format!("ALTER ROLE {role} NO{power}"))
            .await
            .unwrap();
    }
    for (role, member) in [
        ("pg_read_all_data", "tenantry_service"),
        ("tenantry_owner", "tenantry_service"),
        ("pg_execute_server_program", "tenantry_tenant"),
        ("pg_monitor", "tenantry_owner"),
        ("pg_write_server_files", "tenantry_provisioner_63"),
        ("pg_monitor", "tenantry_granter"),
        ("pg_monitor", "tenantry_watchdog"),
        ("pg_signal_backend", "tenantry_service"),
    ] {
        run(&mut superuser, &format!("GRANT {role} TO {member}"))
            .await
            .unwrap();
        assert_eq!(
            powers(migrate(&target, LIMITS).await),
            [format!("{member} is a member of {role}")]
        );
        run(&mut superuser, &format!("REVOKE {role} FROM {member}"))
            .await
            .unwrap();
    }

    // A tenant on PostgreSQL 14 can do this one; it must not stop a migration. And a backup needs its power.
    run(
        &mut superuser,
        "GRANT tn_x TO tenantry_owner; CREATE ROLE tenantry_backup LOGIN BYPASSRLS",
    )
    .await
    .unwrap();
    migrate(&target, LIMITS).await.unwrap();
}

/// Without it a session is not ended while the lock table is full.
#[tokio::test]
async fn a_migration_gives_the_watchdog_its_right_back() {
    let server = TestServer::bare().await;
    let mut target = server.target(Database::Data, "data", true);
    migrate(&target, LIMITS).await.unwrap();
    let mut superuser = server.superuser("postgres").await;
    let may = "SELECT pg_has_role('tenantry_watchdog', 'pg_signal_backend', 'USAGE')";
    assert!(one::<bool>(&mut superuser, may).await);
    run(&mut superuser, "REVOKE pg_signal_backend FROM tenantry_watchdog")
        .await
        .unwrap();

    // From PostgreSQL 16 the migrator has to be given it to pass it on.
    target.superuser = None;
    let told = "the watchdog cannot end a session while the lock table is full";
    let version = one::<i32>(
        &mut superuser,
        "SELECT current_setting('server_version_num')::integer",
    )
    .await;
    let open = migrate(&target, LIMITS).await.unwrap();
    assert_eq!(
        open.iter().any(|open| open == told),
        version >= 160_000,
        "{open:#?}"
    );
    run(
        &mut superuser,
        "GRANT pg_signal_backend TO tenantry_migrator WITH ADMIN OPTION",
    )
    .await
    .unwrap();
    let open = migrate(&target, LIMITS).await.unwrap();
    assert!(!open.iter().any(|open| open == told), "{open:#?}");
    assert!(one::<bool>(&mut superuser, may).await);
}

/// Without it no tenant can be made, and whoever migrates may well be who is to mend that.
#[tokio::test]
async fn a_migration_gives_the_granter_its_right_back() {
    let server = TestServer::bare().await;
    let target = server.target(Database::Control, "control", true);
    migrate(&target, LIMITS).await.unwrap();
    let mut superuser = server.superuser("postgres").await;
    let may = "SELECT pg_has_role('tenantry_granter', 'tenantry_tenant', 'MEMBER WITH ADMIN OPTION')";
    for taken in ["ADMIN OPTION FOR ", ""] {
        run(
            &mut superuser,
            &format!("REVOKE {taken}tenantry_tenant FROM tenantry_granter CASCADE"),
        )
        .await
        .unwrap();
        if one::<bool>(&mut superuser, may).await {
            // From PostgreSQL 16 only who gave it can take it.
            let taken = format!(
                "REVOKE {taken}tenantry_tenant FROM tenantry_granter GRANTED BY tenantry_migrator CASCADE"
            );
            run(&mut superuser, &taken).await.unwrap();
        }
        assert!(!one::<bool>(&mut superuser, may).await);
        migrate(&target, LIMITS).await.unwrap();
        assert!(one::<bool>(&mut superuser, may).await);
    }
}

fn powers(result: Result<Vec<String>, MigrateError>) -> Vec<String> {
    match result {
        Err(MigrateError::PowerfulRoles(powers)) => powers,
        other => panic!("{other:?}"),
    }
}

/// The passwords that the configuration names are set, as verifiers, by each migration.
#[tokio::test]
async fn a_migration_sets_the_configured_passwords() {
    let server = TestServer::bare().await;
    let mut target = server.target(Database::Control, "control", true);
    migrate(&target, LIMITS).await.unwrap();
    server.connect(server.service(), "control").await.unwrap();

    target.service = "another password".to_owned().into();
    migrate(&target, LIMITS).await.unwrap();
    server.connect(server.service(), "control").await.unwrap_err();
    let login = Login::new(server.service().user.clone(), target.service);
    server.connect(&login, "control").await.unwrap();
    let verifiers = "SELECT bool_and(rolpassword ~ '^SCRAM-SHA-256[$]4096:') FROM pg_authid
        WHERE rolname IN ('tenantry_migrator', 'tenantry_service')";
    assert!(one::<bool>(&mut server.superuser("postgres").await, verifiers).await);
}
