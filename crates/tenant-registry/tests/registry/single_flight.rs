//! Single-flight misses: one opening for all callers of a tenant, without delay for other tenants.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tenant_registry::{LeaseError, SourceError};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::fakes::{Answer, UNOPENABLE, registry, settings, state, tenant_id, touch, within_long};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_first_leases_open_one_pool() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    let gate = source.gate(tenant);
    let mut first = JoinSet::new();
    for _ in 0..50 {
        let registry = registry.clone();
        first.spawn(async move { registry.lease(tenant).await.unwrap() });
    }
    source.loaded(1).await;
    // More than one permit: a second load would get through and show.
    gate.add_permits(50);
    let leases = within_long(first.join_all()).await;
    assert!(
        leases
            .iter()
            .all(|lease| Arc::ptr_eq(&state(lease), &state(&leases[0])))
    );
    assert_eq!((source.loads(), registry.stats().opened), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_first_caller_that_goes_away_does_not_start_the_opening_over() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    let gate = source.gate(tenant);
    let lease = || {
        let registry = registry.clone();
        tokio::spawn(async move { registry.lease(tenant).await })
    };
    let first = lease();
    source.loaded(1).await;
    let others = [lease(), lease()];
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    for other in others {
        within_long(other).await.unwrap().unwrap();
    }
    assert_eq!(source.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_opening_that_all_callers_left_still_becomes_resident() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    let gate = source.gate(tenant);
    let caller = tokio::spawn({
        let registry = registry.clone();
        async move { registry.lease(tenant).await }
    });
    source.loaded(1).await;
    caller.abort();
    gate.add_permits(1);
    within_long(async { touch(&registry, tenant).await }).await;
    assert_eq!(source.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_tenant_delays_no_other() {
    let (registry, source) = registry(settings());
    let (slow, resident, cold) = (tenant_id(), tenant_id(), tenant_id());
    touch(&registry, resident).await;
    let gate = source.gate(slow);
    let waiting = tokio::spawn({
        let registry = registry.clone();
        async move { registry.lease(slow).await }
    });
    source.loaded(2).await;
    let before = Instant::now();
    touch(&registry, resident).await;
    touch(&registry, cold).await;
    assert_eq!(
        before.elapsed(),
        Duration::ZERO,
        "neither a hit nor a miss waited"
    );
    assert!(!waiting.is_finished());
    gate.add_permits(1);
    within_long(waiting).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failure_goes_to_all_waiting_callers_and_soon_expires() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    source.set(tenant, Answer::Broken);
    let (one, other) = tokio::join!(registry.lease(tenant), registry.lease(tenant));
    for failed in [one, other] {
        assert!(matches!(
            failed,
            Err(LeaseError::Source {
                error: SourceError::Unavailable(_),
                ..
            })
        ));
    }
    assert_eq!(source.loads(), 1);
    source.reset(tenant);
    sleep(Duration::from_secs(1)).await;
    touch(&registry, tenant).await;
    assert_eq!(source.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_tenant_builds_no_pool() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    source.set(tenant, Answer::Unknown);
    for _ in 0..3 {
        assert!(matches!(
            registry.lease(tenant).await,
            Err(LeaseError::Source {
                error: SourceError::Unknown,
                ..
            })
        ));
    }
    assert_eq!(registry.stats().opened, 0);
}

#[tokio::test(start_paused = true)]
async fn a_source_or_a_pool_that_panics_is_an_error_for_all_and_no_hang() {
    let (registry, source) = registry(settings());
    let (panics, unopenable) = (tenant_id(), tenant_id());
    source.set(panics, Answer::Panics);
    source.version.store(UNOPENABLE, Ordering::SeqCst);
    for tenant in [panics, unopenable] {
        let before = source.loads();
        let (one, other) =
            within_long(async { tokio::join!(registry.lease(tenant), registry.lease(tenant)) }).await;
        for failed in [one, other] {
            assert!(matches!(
                failed,
                Err(LeaseError::Source {
                    error: SourceError::Unavailable(_),
                    ..
                })
            ));
        }
        assert_eq!(source.loads(), before + 1);
    }
    source.reset(panics);
    source.version.store(1, Ordering::SeqCst);
    // A panic counts as a failure of the source, so there is no immediate retry.
    sleep(Duration::from_secs(1)).await;
    touch(&registry, panics).await;
    touch(&registry, unopenable).await;
    assert_eq!(registry.stats().opened, 2);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_answer_in_time_is_unavailable() {
    let settings = settings();
    let open_timeout = settings.open_timeout;
    let (registry, source) = registry(settings);
    let tenant = tenant_id();
    source.set(tenant, Answer::Never);
    let before = Instant::now();
    let failed = within_long(registry.lease(tenant)).await;
    assert!(matches!(
        failed,
        Err(LeaseError::Source {
            error: SourceError::Unavailable(_),
            ..
        })
    ));
    assert!(before.elapsed() >= open_timeout && before.elapsed() < open_timeout * 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_another_tenant_is_refused() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    source.set(tenant, Answer::OtherTenant);
    assert!(matches!(
        registry.lease(tenant).await,
        Err(LeaseError::Source {
            error: SourceError::Unavailable(_),
            ..
        })
    ));
    assert_eq!(registry.stats().opened, 0);
}
