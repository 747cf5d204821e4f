//! The end of a registry.

use std::sync::Arc;
use std::time::Duration;

use tenant_registry::LeaseError;
use tokio::time::Instant;

use crate::fakes::{LONG, registry, settings, tenant_id, touch, within_long};

#[tokio::test(start_paused = true)]
async fn new_leases_are_refused_and_all_pools_are_closed() {
    let (registry, source) = registry(settings());
    let (resident, cold) = (tenant_id(), tenant_id());
    let pool = touch(&registry, resident).await;
    let stats = registry.shutdown(LONG).await;
    assert_eq!((stats.opened, stats.closed), (1, 1));
    assert!(pool.is_closed());
    for tenant in [resident, cold] {
        assert!(matches!(
            registry.lease(tenant).await,
            Err(LeaseError::ShuttingDown)
        ));
    }
    assert_eq!(source.loads(), 1);
    // Once more is harmless.
    assert_eq!(registry.shutdown(LONG).await, stats);
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_leases() {
    let (registry, _) = registry(settings());
    let lease = registry.lease(tenant_id()).await.unwrap();
    let shutdown = tokio::spawn({
        let registry = registry.clone();
        async move { registry.shutdown(LONG).await }
    });
    tokio::time::sleep(LONG / 2).await;
    assert!(!shutdown.is_finished() && !lease.0.is_closed());
    drop(lease);
    assert_eq!(within_long(shutdown).await.unwrap().open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_has_a_deadline() {
    let (registry, _) = registry(settings());
    let lease = registry.lease(tenant_id()).await.unwrap();
    touch(&registry, tenant_id()).await;
    let before = Instant::now();
    let stats = registry.shutdown(Duration::from_secs(3)).await;
    assert_eq!(before.elapsed().as_secs(), 3);
    assert_eq!((stats.opened, stats.open()), (2, 1), "only what is still held");
    assert!(!lease.0.is_closed());
}

#[tokio::test(start_paused = true)]
async fn an_opening_under_way_ends_at_once_and_opens_nothing() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    let gate = source.gate(tenant);
    let waiting = tokio::spawn({
        let registry = registry.clone();
        async move { registry.lease(tenant).await }
    });
    source.loaded(1).await;
    let before = Instant::now();
    registry.shutdown(LONG).await;
    assert!(matches!(
        within_long(waiting).await.unwrap(),
        Err(LeaseError::ShuttingDown)
    ));
    assert_eq!(before.elapsed(), Duration::ZERO);
    gate.add_permits(1);
    tokio::time::sleep(LONG).await;
    assert_eq!(registry.stats().opened, 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_registry_leaves_nothing_but_its_leases() {
    let (registry, source) = registry(settings());
    let lease = registry.lease(tenant_id()).await.unwrap();
    drop(registry);
    within_long(async {
        while Arc::strong_count(&source) > 1 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    assert!(!lease.0.is_closed());
}
