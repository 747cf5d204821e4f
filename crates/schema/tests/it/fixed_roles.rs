//! Fixed roles: refused with too many rights, and given the configured passwords.

use schema::{Database, Login, MigrateError, Slot, migrate, provisioner, tenant_login};
use testkit::{LIMITS, TestServer};

use testkit::{one, run};

/// Fixed roles that existed before may have more rights than we would give them.
#[tokio::test]
async fn fixed_roles_with_too_many_rights_are_refused() {
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

    // On PostgreSQL 14 a tenant can grant this: it must not stop a migration. And a backup needs BYPASSRLS.
    run(
        &mut superuser,
        "GRANT tn_x TO tenantry_owner; CREATE ROLE tenantry_backup LOGIN BYPASSRLS",
    )
    .await
    .unwrap();
    migrate(&target, LIMITS).await.unwrap();
}

/// `pg_upgrade` and dumps of a server before PostgreSQL 16 leave roles without a member that has ADMIN OPTION. From 16 on
/// only a superuser can alter such a role.
#[tokio::test]
async fn roles_of_an_older_server_are_given_back_to_their_creators() {
    let server = TestServer::bare().await;
    let target = server.target(Database::Data, "data", true);
    migrate(&target, LIMITS).await.unwrap();
    let tenant = uuid::Uuid::new_v4();
    let (schema, login) = (provisioner(tenant), tenant_login(tenant, Slot::A));
    let verifier = format!(
        "SCRAM-SHA-256$1:{}==${}=:{}=",
        "a".repeat(22),
        "b".repeat(43),
        "c".repeat(43)
    );
    let open = format!("SELECT {schema}.open_tenant('{tenant}', 'a', '{verifier}', 10)");
    let close = format!("SELECT {schema}.forbid_logins('{tenant}')");
    let mut superuser = server.superuser("data").await;
    let mut service = server.connect(server.service(), "data").await.unwrap();
    run(&mut service, &open).await.unwrap();

    // What an older server's roles have: the memberships that were granted, and none for the creator as such.
    run(
        &mut superuser,
        &format!(
            "DO $$ DECLARE made record; provisioner text; BEGIN
                FOR made IN
                    SELECT roleid::regrole AS role, member::regrole AS member FROM pg_auth_members
                    WHERE member::regrole::text ~ '^tenantry_(migrator|provisioner_..)$'
                LOOP
                    EXECUTE format('REVOKE %s FROM %s CASCADE', made.role, made.member);
                END LOOP;
                FOR provisioner IN SELECT rolname FROM pg_roles WHERE rolname ~ '^tenantry_provisioner_' LOOP
                    EXECUTE format('GRANT %s TO tenantry_migrator', provisioner);
                END LOOP;
                GRANT tenantry_owner, tenantry_granter, tenantry_watchdog TO tenantry_migrator;
                GRANT tenantry_tenant TO tenantry_granter WITH ADMIN OPTION;
                GRANT tenantry_tenant TO {login};
            END $$"
        ),
    )
    .await
    .unwrap();
    let version = "SELECT current_setting('server_version_num')::integer >= 160000";
    let precise = one::<bool>(&mut superuser, version).await;
    assert_eq!(run(&mut service, &close).await.is_err(), precise);

    migrate(&target, LIMITS).await.unwrap();
    for call in [&close, &open] {
        run(&mut service, call).await.unwrap();
    }
    let can = format!("SELECT rolcanlogin FROM pg_roles WHERE rolname = '{login}'");
    assert!(one::<bool>(&mut superuser, &can).await);
    // Nothing that it finds done is done again.
    migrate(&target, LIMITS).await.unwrap();
}

/// Without it the watchdog cannot end a session while the lock table is full.
#[tokio::test]
async fn a_migration_restores_the_watchdogs_right() {
    let server = TestServer::bare().await;
    let mut target = server.target(Database::Data, "data", true);
    migrate(&target, LIMITS).await.unwrap();
    let mut superuser = server.superuser("postgres").await;
    let may = "SELECT pg_has_role('tenantry_watchdog', 'pg_signal_backend', 'USAGE')";
    assert!(one::<bool>(&mut superuser, may).await);
    run(&mut superuser, "REVOKE pg_signal_backend FROM tenantry_watchdog")
        .await
        .unwrap();

    // From PostgreSQL 16 on, the migrator needs ADMIN OPTION to grant it.
    target.superuser = None;
    let powerless =
        "the watchdog may not signal backends: it cannot end a session while the lock table is full";
    let version = one::<i32>(
        &mut superuser,
        "SELECT current_setting('server_version_num')::integer",
    )
    .await;
    let gaps = migrate(&target, LIMITS).await.unwrap();
    assert_eq!(
        gaps.iter().any(|gap| gap == powerless),
        version >= 160_000,
        "{gaps:#?}"
    );
    run(
        &mut superuser,
        "GRANT pg_signal_backend TO tenantry_migrator WITH ADMIN OPTION",
    )
    .await
    .unwrap();
    let gaps = migrate(&target, LIMITS).await.unwrap();
    assert!(!gaps.iter().any(|gap| gap == powerless), "{gaps:#?}");
    assert!(one::<bool>(&mut superuser, may).await);
}

/// Without it no tenant can be created.
#[tokio::test]
async fn a_migration_restores_the_granters_right() {
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
            // From PostgreSQL 16 on, only the grantor can revoke it.
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

/// Each migration sets the configured passwords, as verifiers.
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
