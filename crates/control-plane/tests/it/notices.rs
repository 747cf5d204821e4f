//! Notifications of the control store about changes by any login.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgListener, PgPool};
use tenant_registry::TenantId;
use testkit::{Databases, in_store};
use tokio::time::timeout;

use crate::support::{one, run};

/// Generous, for a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// A listener with the service's login.
async fn listener(databases: &Databases) -> PgListener {
    let server = databases.server();
    let options = server
        .cluster()
        .options(server.service(), databases.control().as_str());
    let mut listener = PgListener::connect_with(&PgPool::connect_lazy_with(options))
        .await
        .unwrap();
    listener.listen("tenant_changed").await.unwrap();
    listener
}

/// The notifications up to now, by a marker that follows them.
async fn notified(listener: &mut PgListener, session: &mut PgConnection) -> Vec<String> {
    run(session, "NOTIFY tenant_changed, 'mark'").await.unwrap();
    let mut told = Vec::new();
    loop {
        let notification = timeout(DEADLINE, listener.recv()).await.unwrap().unwrap();
        match notification.payload() {
            "mark" => return told,
            payload => told.push(payload.to_owned()),
        }
    }
}

async fn version(session: &mut PgConnection, tenant: TenantId) -> i64 {
    let query = format!("SELECT version FROM control.tenants WHERE id = '{tenant}'");
    one(session, &query).await
}

/// Also when the statement ignores the version, or sets it.
#[tokio::test]
async fn every_change_of_a_tenant_is_notified() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let mut listener = listener(&databases).await;
    let mut operator = in_store(&databases).await;

    let tenant = testkit::tenant(&plane, "acme").await.id;
    let id = tenant.to_string();
    // The change to active; a provisioning tenant has no pool yet.
    assert_eq!(notified(&mut listener, &mut operator).await, [&*id]);

    for change in [
        "state = 'suspended'",
        "state = 'active', version = version + 1",
        "max_connections = 7",
        "active_slot = 'b'",
        "version = version + 1",
    ] {
        let before = version(&mut operator, tenant).await;
        run(
            &mut operator,
            &format!("UPDATE control.tenants SET {change} WHERE id = '{tenant}'"),
        )
        .await
        .unwrap();
        assert_eq!(notified(&mut listener, &mut operator).await, [&*id], "{change}");
        assert_eq!(version(&mut operator, tenant).await, before + 1, "{change}");
    }

    run(
        &mut operator,
        &format!("DELETE FROM control.tenants WHERE id = '{tenant}'"),
    )
    .await
    .unwrap();
    assert_eq!(notified(&mut listener, &mut operator).await, [&*id]);
}

#[tokio::test]
async fn unchanged_rows_and_rollbacks_are_not_notified() {
    let databases = Databases::new().await;
    let tenant = testkit::tenant(&databases.control_plane(), "acme").await.id;
    let mut listener = listener(&databases).await;
    let mut operator = in_store(&databases).await;
    let before = version(&mut operator, tenant).await;
    for sql in [
        "UPDATE control.tenants SET last_active_at = now()",
        "UPDATE control.tenants SET name = 'other', updated_at = now()",
        "UPDATE control.tenants SET state = state, version = version",
        "BEGIN; UPDATE control.tenants SET state = 'suspended'; ROLLBACK",
        "BEGIN; DELETE FROM control.tenants; ROLLBACK",
    ] {
        run(&mut operator, sql).await.unwrap();
        assert_eq!(
            notified(&mut listener, &mut operator).await,
            Vec::<String>::new(),
            "{sql}"
        );
        assert_eq!(version(&mut operator, tenant).await, before, "{sql}");
    }
}

#[tokio::test]
async fn each_tenant_of_a_change_is_notified_once() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let mut expected: Vec<String> = testkit::tenants(&plane, 3)
        .await
        .iter()
        .map(|tenant| tenant.id.to_string())
        .collect();
    let mut listener = listener(&databases).await;
    let mut operator = in_store(&databases).await;
    run(
        &mut operator,
        "BEGIN; UPDATE control.tenants SET max_connections = 1; UPDATE control.tenants SET max_connections = 2; COMMIT",
    )
    .await
    .unwrap();
    let mut told = notified(&mut listener, &mut operator).await;
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
}
