//! Invalidation: no later lease gets a pool from an earlier load.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::poll;
use tenant_registry::RegistrySettings;
use tokio::task::JoinSet;

use crate::fakes::{registry, settings, state, tenant_id, touch, until, within_long};

#[tokio::test(start_paused = true)]
async fn an_invalidation_during_the_load_overtakes_it() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    let gate = source.gate(tenant);
    let mut early = JoinSet::new();
    for _ in 0..3 {
        let registry = registry.clone();
        early.spawn(async move { state(&registry.lease(tenant).await.unwrap()) });
    }
    source.loaded(1).await;

    source.version.store(2, Ordering::SeqCst);
    registry.invalidate(tenant);
    let late = tokio::spawn({
        let registry = registry.clone();
        async move { state(&registry.lease(tenant).await.unwrap()) }
    });
    // The later caller starts a load of its own, and does not join the outdated one.
    source.loaded(2).await;
    gate.add_permits(2);

    let late = within_long(late).await.unwrap();
    assert_eq!(late.version, 2);
    for pool in within_long(early.join_all()).await {
        assert!(
            Arc::ptr_eq(&pool, &late),
            "who came early starts over and joins the others"
        );
    }
    assert!(Arc::ptr_eq(&touch(&registry, tenant).await, &late));
    assert_eq!(source.loads(), 2);
    assert_eq!(registry.stats().opened, 1, "the overtaken load opened no pool");
}

#[tokio::test(start_paused = true)]
async fn an_overtaken_load_that_ends_last_does_not_replace_the_new_pool() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    let old_gate = source.gate(tenant);
    let early = tokio::spawn({
        let registry = registry.clone();
        async move { state(&registry.lease(tenant).await.unwrap()) }
    });
    source.loaded(1).await;

    registry.invalidate(tenant);
    source.version.store(2, Ordering::SeqCst);
    source.reset(tenant);
    let new = touch(&registry, tenant).await;
    old_gate.add_permits(1);

    assert!(Arc::ptr_eq(&within_long(early).await.unwrap(), &new));
    assert!(Arc::ptr_eq(&touch(&registry, tenant).await, &new));
    assert_eq!(registry.stats().opened, 1);
}

#[tokio::test(start_paused = true)]
async fn a_leased_pool_stays_open_until_its_last_lease() {
    let (registry, _) = registry(settings());
    let tenant = tenant_id();
    let lease = registry.lease(tenant).await.unwrap();
    let clone = lease.clone();
    let old = state(&lease);
    registry.invalidate(tenant);

    let new = touch(&registry, tenant).await;
    assert!(!Arc::ptr_eq(&old, &new));
    drop(lease);
    // A lease of a retired pool can still be cloned.
    let last = clone.clone();
    drop(clone);
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    assert!(!old.is_closed(), "one lease is left");
    drop(last);
    old.closed().await;
    assert!(!new.is_closed());
}

#[tokio::test(start_paused = true)]
async fn invalidating_a_tenant_that_is_not_resident_does_nothing() {
    let (registry, _) = registry(settings());
    let tenant = tenant_id();
    registry.invalidate(tenant);
    let pool = touch(&registry, tenant).await;
    registry.invalidate(tenant_id());
    assert!(Arc::ptr_eq(&touch(&registry, tenant).await, &pool));
    registry.invalidate(tenant);
    registry.invalidate(tenant);
    pool.closed().await;
    assert_eq!(registry.stats().open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_caller_gets_no_pool_from_before_the_invalidation() {
    for evicted in [false, true] {
        let (registry, source) = registry(RegistrySettings {
            max_resident: 1,
            ..settings()
        });
        let tenant = tenant_id();
        let mut waiting = pin!(registry.lease(tenant));
        assert!(poll!(&mut waiting).is_pending());
        // Opened, while the caller does not run.
        until(|| registry.stats().opened == 1).await;
        if evicted {
            touch(&registry, tenant_id()).await;
            until(|| registry.snapshot().totals.departures.capacity == 1).await;
        }
        source.version.store(7, Ordering::SeqCst);
        registry.invalidate(tenant);
        let lease = within_long(waiting).await.unwrap();
        assert_eq!(lease.0.version, 7, "evicted before: {evicted}");
    }
}
