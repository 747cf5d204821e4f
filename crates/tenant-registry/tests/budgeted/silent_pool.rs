//! Half-open idle connections: one deadline for the whole acquire, however many there are.

use std::time::Duration;

use tenant_registry::Failure;
use testkit::Proxy;
use tokio::time::Instant;

use crate::suite::support::{Knobs, World, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

const IDLE: u32 = 20;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A tenant with idle connections, each of which is pinged before use.
async fn with_idle_connections(acquire_timeout: Duration) -> (TestCluster, Proxy) {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let setup = ClusterSetup {
        tenants: 1,
        cap: IDLE,
        max: IDLE,
        knobs: Knobs {
            acquire_timeout,
            ping_after_idle: Duration::ZERO,
            ..Knobs::default()
        },
        ..ClusterSetup::default()
    };
    let cluster = TestCluster::with_world(world, setup).await;
    cluster.route_through(&proxy, 0);
    let db = cluster.tenant_db(0).await;
    let mut held = Vec::new();
    while held.len() < IDLE as usize {
        if let Ok(connection) = db.acquire().await {
            held.push(connection);
        }
    }
    drop(held);
    cluster.until(|snapshot| snapshot.ledger.open == IDLE).await;
    (cluster, proxy)
}

#[tokio::test]
async fn a_silent_network_costs_one_acquire_timeout_and_is_no_limit_of_the_tenants() {
    let (cluster, proxy) = with_idle_connections(ACQUIRE_TIMEOUT).await;
    let db = cluster.tenant_db(0).await;
    proxy.freeze();
    let began = Instant::now();
    let (one, other) = within_long(async { tokio::join!(select_one(&db), select_one(&db)) }).await;
    // Pinging each connection would take a second each.
    assert!(began.elapsed() < Duration::from_secs(u64::from(IDLE) / 2));
    for error in [one.unwrap_err(), other.unwrap_err()] {
        assert_eq!(Failure::of(&error), Failure::Unreachable, "{error}");
    }
    proxy.heal();
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    cluster.close().await;
}

#[tokio::test]
async fn after_one_ping_without_an_answer_the_others_are_not_tried() {
    let (cluster, proxy) = with_idle_connections(Duration::from_secs(15)).await;
    let db = cluster.tenant_db(0).await;
    // Open connections are dead; new ones work.
    proxy.freeze_open();
    within_long(select_one(&db)).await.unwrap();
    cluster.until(|snapshot| snapshot.ledger.open == 1).await;
    proxy.heal();
    cluster.close().await;
}
