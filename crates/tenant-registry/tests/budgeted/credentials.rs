//! Refresh of a tenant's credentials after its password has changed.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::Failure;
use testkit::Proxy;
use tokio::time::sleep;

use crate::suite::support::{World, login, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

async fn set_password(cluster: &TestCluster, password: &str) {
    let alter = format!("ALTER ROLE {} PASSWORD '{password}'", login(cluster.tenants[0]));
    cluster
        .world
        .superuser()
        .await
        .execute(AssertSqlSafe(alter))
        .await
        .unwrap();
}

fn learn(cluster: &TestCluster, password: &str) {
    let mut specs = cluster.specs.0.lock().unwrap();
    let spec = specs.get_mut(&cluster.tenants[0]).unwrap();
    spec.connect = spec.connect.clone().password(password);
}

#[tokio::test]
async fn fresh_credentials_are_asked_for_once_and_used_from_then_on() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        ..ClusterSetup::default()
    })
    .await;
    // The pool is open, with the old password, and has no connection.
    let db = cluster.tenant_db(0).await;
    set_password(&cluster, "the new one").await;
    learn(&cluster, "the new one");
    let held = db.acquire().await.unwrap();
    let another = db.acquire().await.unwrap();
    assert_eq!(cluster.checked_snapshot().failed_logins, 0);
    drop((held, another));
    cluster.close().await;
}

#[tokio::test]
async fn a_source_that_knows_no_better_is_asked_once_a_login() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        ..ClusterSetup::default()
    })
    .await;
    let db = cluster.tenant_db(0).await;
    set_password(&cluster, "not in the source").await;
    let error = within_long(select_one(&db)).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::LockedOut, "{error}");
    let snapshot = db.snapshot();
    let trouble = snapshot.trouble.unwrap();
    assert_eq!((trouble.failure, trouble.failures), (Failure::LockedOut, 1));
    // Until the breaker allows a retry, the same error is returned at once.
    let again = within_long(select_one(&db)).await.unwrap_err();
    assert_eq!(Failure::of(&again), Failure::LockedOut);

    learn(&cluster, "not in the source");
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    assert_eq!(db.snapshot().trouble, None);
    cluster.close().await;
}

/// A connection of a replaced login keeps its permit until its backend is gone.
#[tokio::test]
async fn a_connection_of_an_earlier_login_holds_its_permit_as_well() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let cluster = TestCluster::with_world(
        world,
        ClusterSetup {
            tenants: 1,
            proxy_address: Some(proxy.address()),
            ..ClusterSetup::default()
        },
    )
    .await;
    let mut superuser = cluster.world.superuser().await;
    let earlier = login(cluster.tenants[0]);
    let later = format!("{earlier}_later");
    let create = format!("CREATE ROLE {later} LOGIN PASSWORD 'a test' IN ROLE tenantry_tenant");
    superuser.execute(AssertSqlSafe(create)).await.unwrap();
    let db = cluster.tenant_db(0).await;
    let old = db.acquire().await.unwrap();
    let close = format!("ALTER ROLE {earlier} NOLOGIN");
    superuser.execute(AssertSqlSafe(close)).await.unwrap();
    {
        let mut specs = cluster.specs.0.lock().unwrap();
        let spec = specs.get_mut(&cluster.tenants[0]).unwrap();
        spec.connect = spec.connect.clone().username(&later).password("a test");
    }
    let new = db.acquire().await.unwrap();
    // The returned connection is above the new cap.
    cluster.budget.set_max_connections(Some(1));
    cluster.until(|snapshot| snapshot.target == 1).await;
    proxy.delay_parting(Duration::from_secs(2));
    drop(old);
    within_long(async {
        // The connection is still open until the budget finds it above the cap.
        while db.snapshot().size > 1 || db.snapshot().closing > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let backends = cluster.world.backends(&mut superuser, cluster.tenants[0]).await;
    assert_eq!(backends, 0, "the permit is free, and the backend is there");
    proxy.heal();
    drop((new, db));
    let stats = within_long(cluster.registry.shutdown(crate::suite::support::LONG)).await;
    assert_eq!(stats.open(), 0);
    let drop_role = format!("DROP ROLE {later}");
    within_long(async { while superuser.execute(AssertSqlSafe(drop_role.clone())).await.is_err() {} }).await;
}
