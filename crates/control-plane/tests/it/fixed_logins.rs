//! The service, the migrator and the owner can do their work, and cannot see tenants' rows.

use schema::{MIGRATOR, OWNER, SERVICE, TENANT_GROUP};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;

use crate::support::{DENIED, TwoTenants, one, provisioner, role, run, sqlstate};

async fn refused(session: &mut PgConnection, sql: &str, code: &str) {
    match run(session, sql).await {
        Ok(done) => panic!("accepted, {} rows: {sql}", done.rows_affected()),
        Err(error) => assert_eq!(sqlstate(&error), code, "{sql}: {error}"),
    }
}

#[tokio::test]
async fn the_service_has_no_rights_on_tenants_data() {
    let fixture = TwoTenants::new().await;
    let before = fixture.fingerprint().await;
    let server = fixture.databases.server();
    let mut service = server
        .connect(server.service(), fixture.databases.data().as_str())
        .await
        .unwrap();
    let powers = "SELECT count(*) FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER') AND rolname NOT IN (session_user, 'pg_use_reserved_connections')";
    assert_eq!(one::<i64>(&mut service, powers).await, 0);

    let victim = format!("{}_a", role(fixture.b));
    let mut session = fixture.session(fixture.b).await;
    let session_of_b: i32 = one(&mut session, "SELECT pg_backend_pid()").await;
    for sql in [
        "SELECT * FROM app.users".to_owned(),
        "SELECT app.tid()".to_owned(),
        "INSERT INTO app.users (name) VALUES ('x')".to_owned(),
        format!("SELECT app.delete_user('{}')", fixture.user_of_b),
        "SELECT tenantry.isolate('app.users')".to_owned(),
        "DELETE FROM tenantry.migrations".to_owned(),
        "CREATE ROLE x".to_owned(),
        "CREATE DATABASE x".to_owned(),
        "CREATE SCHEMA x".to_owned(),
        "CREATE TEMPORARY TABLE x ()".to_owned(),
        "CREATE FUNCTION provisioner_00.x() RETURNS integer LANGUAGE sql AS 'SELECT 1'".to_owned(),
        "CREATE OR REPLACE FUNCTION provisioner_00.create_tenant(uuid, text) RETURNS void LANGUAGE sql AS ''"
            .to_owned(),
        "SELECT * FROM app.rows_left()".to_owned(),
        format!("ALTER ROLE {victim} PASSWORD 'x'"),
        format!("DROP ROLE {victim}"),
        format!("GRANT {TENANT_GROUP} TO {SERVICE}"),
        format!("SELECT granter.admit('{victim}')"),
        format!("SELECT pg_terminate_backend({session_of_b})"),
        format!(
            "SELECT {}.end_sessions('{}', NULL)",
            provisioner(fixture.b),
            fixture.b
        ),
        "SELECT rolpassword FROM pg_authid".to_owned(),
        "SELECT pg_advisory_lock(1)".to_owned(),
    ] {
        refused(&mut service, &sql, DENIED).await;
    }
    for role in [
        OWNER,
        MIGRATOR,
        TENANT_GROUP,
        "tenantry_granter",
        "tenantry_watchdog",
        "tenantry_provisioner_00",
        "postgres",
        &*victim,
    ] {
        refused(&mut service, &format!("SET ROLE {role}"), DENIED).await;
    }
    assert_eq!(fixture.fingerprint().await, before);
}

#[tokio::test]
async fn the_service_has_minimal_rights_on_the_store() {
    let fixture = TwoTenants::new().await;
    let server = fixture.databases.server();
    let mut service = server
        .connect(server.service(), fixture.databases.control().as_str())
        .await
        .unwrap();
    for sql in [
        "DELETE FROM control.tenants",
        "TRUNCATE control.tenants CASCADE",
        "UPDATE control.tenants SET id = gen_random_uuid()",
        "UPDATE control.tenants SET created_at = now()",
        "DELETE FROM control.tenant_keys",
        "DELETE FROM control.api_keys",
        "UPDATE control.api_keys SET sha256 = ''",
        "DELETE FROM control.operations",
        "UPDATE control.operations SET actor = 'x'",
        "DELETE FROM control.admin_tokens",
        "UPDATE control.admin_tokens SET sha256 = ''",
        "UPDATE control.tenant_keys SET wrapped_dek = ''",
        "DELETE FROM control.tenant_credentials",
        "ALTER TABLE control.tenants ADD COLUMN x text",
        "CREATE TABLE control.x ()",
        "CREATE TEMPORARY TABLE x ()",
        "DELETE FROM tenantry.migrations",
    ] {
        refused(&mut service, sql, DENIED).await;
    }
}

/// FORCE binds the owner too. It is no tenant and gets an error, where NULL would silently find nothing.
#[tokio::test]
async fn row_level_security_binds_the_owner() {
    let fixture = TwoTenants::new().await;
    let before = fixture.fingerprint().await;
    let server = fixture.databases.server();
    let b = fixture.b;
    for sql in [
        "SELECT * FROM app.users".to_owned(),
        "SELECT count(*) FROM app.users".to_owned(),
        "UPDATE app.users SET name = 'x'".to_owned(),
        format!("DELETE FROM app.users WHERE tenant_id = '{b}'"),
        "INSERT INTO app.users (name) VALUES ('x')".to_owned(),
        format!("INSERT INTO app.users (tenant_id, name) VALUES ('{b}', 'x')"),
        format!("SELECT app.delete_user('{}')", fixture.user_of_b),
        "SELECT app.tid()".to_owned(),
    ] {
        let mut owner = server
            .cluster()
            .options(server.migrator(), fixture.databases.data().as_str())
            .options([("role", OWNER)])
            .connect()
            .await
            .unwrap();
        refused(&mut owner, &sql, "22P02").await;
    }
    assert_eq!(fixture.fingerprint().await, before);
}

#[tokio::test]
async fn other_logins_have_no_tenant_identity() {
    let fixture = TwoTenants::new().await;
    refused(&mut fixture.superuser().await, "SELECT app.tid()", "22P02").await;
}
