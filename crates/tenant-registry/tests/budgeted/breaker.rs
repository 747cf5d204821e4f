//! Circuit breaker of a tenant whose database refuses connections, or does not answer, and recovers.

use std::time::Duration;

use tenant_registry::Failure;
use testkit::Proxy;
use tokio::time::Instant;

use crate::suite::support::{Knobs, World, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

/// Tenant 0 connects through the proxy; the other tenants and the sentinel do not.
async fn cluster_behind_proxy() -> (TestCluster, Proxy) {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let cluster = TestCluster::with_world(
        world,
        ClusterSetup {
            tenants: 3,
            cap: 3,
            knobs: Knobs {
                acquire_timeout: Duration::from_millis(800),
                ..Knobs::default()
            },
            ..ClusterSetup::default()
        },
    )
    .await;
    cluster.route_through(&proxy, 0);
    (cluster, proxy)
}

#[tokio::test]
async fn a_refusing_database_is_told_at_once_and_tried_seldom() {
    let (cluster, proxy) = cluster_behind_proxy().await;
    proxy.refuse().await;
    let db = cluster.tenant_db(0).await;
    let began = Instant::now();
    let mut refused = 0_u32;
    while began.elapsed() < Duration::from_secs(2) {
        let error = select_one(&db).await.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Unreachable, "{error}");
        refused += 1;
    }
    let snapshot = cluster.checked_snapshot();
    // Backoff doubles from 50 ms up to 700 ms: at most eight attempts in two seconds.
    assert!(snapshot.failed_logins <= 10, "{snapshot:?}");
    assert!(
        u64::from(refused) > snapshot.failed_logins * 3,
        "most were refused by the open breaker: {refused}"
    );
    assert!(db.snapshot().trouble.unwrap().failures >= 3);
    proxy.heal();
    let healed = Instant::now();
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    let recovery = healed.elapsed();
    assert!(
        recovery < Duration::from_secs(2),
        "{recovery:?}: the longest backoff is below a second"
    );
    cluster.close().await;
}

#[tokio::test]
async fn a_silent_database_holds_no_permit_while_it_is_tried() {
    let (cluster, proxy) = cluster_behind_proxy().await;
    proxy.freeze();
    let silent = cluster.tenant_db(0).await;
    // The first login holds a permit until its timeout.
    within_long(async {
        while silent.snapshot().trouble.is_none() {
            let error = select_one(&silent).await.unwrap_err();
            assert_eq!(Failure::of(&error), Failure::Unreachable, "{error}");
        }
    })
    .await;
    // From then on the server is probed without a permit.
    cluster
        .until(|snapshot| snapshot.ledger.opening == 0 && snapshot.ledger.quarantine == 0)
        .await;
    for _ in 0..20 {
        let error = select_one(&silent).await.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Unreachable, "{error}");
        assert_eq!(cluster.checked_snapshot().ledger.opening, 0);
        select_one(&cluster.tenant_db(1).await).await.unwrap();
    }
    proxy.heal();
    within_long(async { while select_one(&silent).await.is_err() {} }).await;
    cluster.close().await;
}
