//! Half-open connections: the caller gets its error at its deadline, and the budget its permit once the backend is
//! gone.

use std::time::Duration;

use testkit::Proxy;
use tokio::time::timeout;

use crate::suite::support::{Knobs, World, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

#[tokio::test]
async fn a_connection_on_a_silent_network_gives_its_permit_back() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let cluster = TestCluster::with_world(
        world,
        ClusterSetup {
            tenants: 2,
            cap: 1,
            ..ClusterSetup::default()
        },
    )
    .await;
    cluster.route_through(&proxy, 0);
    let (silent, other) = (cluster.tenant_db(0).await, cluster.tenant_db(1).await);
    let mut connection = silent.acquire().await.unwrap();
    proxy.freeze();
    let query = sqlx::query("SELECT 1").execute(&mut connection);
    assert!(timeout(Duration::from_millis(100), query).await.is_err());
    drop(connection);
    // The server cannot know that its client has gone: the sentinel ends the backend.
    within_long(select_one(&other)).await.unwrap();
    cluster.world.until_backends(cluster.tenants[0], 0).await;
    assert_eq!(cluster.checked_snapshot().ledger.quarantine, 0);
    proxy.heal();
    cluster.close().await;
}

#[tokio::test]
async fn an_abandoned_query_does_not_run_on() {
    let mut knobs = Knobs::default();
    knobs.session.statement_timeout = Duration::from_mins(10);
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 2,
        cap: 1,
        knobs,
        clean_up: Duration::from_millis(50),
        ..ClusterSetup::default()
    })
    .await;
    let (first, second) = (cluster.tenant_db(0).await, cluster.tenant_db(1).await);
    let query = tokio::spawn({
        let first = first.clone();
        async move {
            sqlx::query("SELECT pg_sleep(600)")
                .execute(&first)
                .await
                .map(drop)
        }
    });
    cluster
        .world
        .until_running(cluster.tenants[0], "pg_sleep(600)")
        .await;
    query.abort();
    within_long(select_one(&second)).await.unwrap();
    cluster.world.until_backends(cluster.tenants[0], 0).await;
    cluster.close().await;
}

#[tokio::test]
async fn while_the_server_cannot_be_asked_no_permit_is_given_back() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let address = proxy.address();
    let cluster = TestCluster::with_world(
        world,
        ClusterSetup {
            tenants: 3,
            cap: 2,
            knobs: Knobs {
                acquire_timeout: Duration::from_millis(600),
                ..Knobs::default()
            },
            proxy_address: Some(address),
            ..ClusterSetup::default()
        },
    )
    .await;
    let (one, other) = (
        cluster.tenant_db(0).await.acquire().await.unwrap(),
        cluster.tenant_db(1).await.acquire().await.unwrap(),
    );
    // Nothing passes, of the tenants' traffic nor of the sentinel's.
    proxy.freeze();
    let (mut one, mut other) = (one, other);
    for connection in [&mut one, &mut other] {
        let query = sqlx::query("SELECT 1").execute(connection);
        assert!(timeout(Duration::from_millis(50), query).await.is_err());
    }
    drop((one, other));
    cluster.until(|snapshot| snapshot.ledger.quarantine == 2).await;
    let refused = within_long(select_one(&cluster.tenant_db(2).await)).await;
    assert!(refused.is_err());
    assert_eq!(
        cluster.checked_snapshot().ledger.free,
        0,
        "they may still be there"
    );
    proxy.heal();
    cluster.until(|snapshot| snapshot.ledger.quarantine == 0).await;
    for number in 0..3 {
        let db = cluster.tenant_db(number).await;
        within_long(async { while select_one(&db).await.is_err() {} }).await;
    }
    cluster.close().await;
}
