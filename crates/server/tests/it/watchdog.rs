//! The watchdog over all sessions of tenants, including those that the service did not open.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tenant_registry::TenantSource as _;

use crate::support::{Service, until};

const USERS: &str = "/v1/internal/users";

/// A session with a stolen password that blocks others is ended, and the tenant is still served.
#[tokio::test]
async fn a_session_that_locks_a_database_is_ended() {
    let service = Service::with(&["watchdog.interval=20ms"]).await;
    let acme = service.tenant("acme").await;
    let spec = service.control_plane.source().load(acme.id).await.unwrap();
    let mut stolen = spec.connect.connect().await.unwrap();
    let database = service.databases.control();
    let holds = format!("BEGIN; ALTER ROLE CURRENT_USER IN DATABASE {database} SET application_name = 'x'");
    stolen.execute(sqlx::AssertSqlSafe(holds)).await.unwrap();
    until(async || stolen.ping().await.is_err()).await;
    service.client(&acme).get(USERS).await.expect(200);
}

/// A session that holds more of the lock table than configured is ended.
#[tokio::test]
async fn a_session_that_takes_too_many_locks_is_ended() {
    let service = Service::with(&["watchdog.interval=20ms", "watchdog.session_lock_percent=1"]).await;
    let acme = service.tenant("acme").await;
    let spec = service.control_plane.source().load(acme.id).await.unwrap();
    let mut stolen = spec.connect.connect().await.unwrap();
    // 1 % of the test server's 25,600 entries.
    let takes = "SAVEPOINT s; INSERT INTO app.users (name) VALUES ('x');".repeat(300);
    // The session may be ended during this.
    let _ = stolen
        .execute(sqlx::AssertSqlSafe(format!("BEGIN; {takes}")))
        .await;
    until(async || stolen.ping().await.is_err()).await;
    tokio::time::timeout(Duration::from_mins(1), service.client(&acme).get(USERS))
        .await
        .unwrap()
        .expect(200);
}
