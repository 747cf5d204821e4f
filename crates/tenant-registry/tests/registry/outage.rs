//! Outage of the source: misses are limited, and recovery is noticed within a second.

use std::time::Duration;

use tenant_registry::{LeaseError, Registry, SourceError};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::fakes::{Answer, FakePool, registry, settings, tenant_id, touch, within_long};

async fn unavailable(registry: &Registry<FakePool>) -> Duration {
    let error = registry.lease(tenant_id()).await.unwrap_err();
    let retry_after = error.retry_after().unwrap();
    assert!(retry_after <= Duration::from_secs(1));
    assert!(matches!(
        error,
        LeaseError::Source {
            error: SourceError::Unavailable(_),
            ..
        }
    ));
    retry_after
}

#[tokio::test(start_paused = true)]
async fn a_dead_source_is_asked_seldom_and_found_again_within_a_second() {
    let (registry, source) = registry(settings());
    let resident = tenant_id();
    touch(&registry, resident).await;
    source.set_all(Some(Answer::Broken));
    for _ in 0..10_000 {
        unavailable(&registry).await;
        touch(&registry, resident).await;
        sleep(Duration::from_millis(1)).await;
    }
    // In ten seconds: two loads until it counts as down, some during the backoff, then at most two a second.
    let asked = source.loads() - 1;
    assert!((10..=30).contains(&asked), "{asked}");

    source.set_all(None);
    let back = Instant::now();
    while registry.lease(tenant_id()).await.is_err() {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(back.elapsed() <= Duration::from_secs(1));
    for _ in 0..100 {
        touch(&registry, tenant_id()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_says_when_it_is_worth_asking_again() {
    let (registry, source) = registry(settings());
    source.set_all(Some(Answer::Broken));
    unavailable(&registry).await;
    let wait = unavailable(&registry).await;
    source.set_all(None);
    sleep(wait).await;
    touch(&registry, tenant_id()).await;
}

#[tokio::test(start_paused = true)]
async fn one_load_tries_it_while_the_others_are_answered() {
    let (registry, source) = registry(settings());
    source.set_all(Some(Answer::Broken));
    for _ in 0..2 {
        unavailable(&registry).await;
    }
    // The source hangs now: a load takes the full time limit.
    source.set_all(Some(Answer::Never));
    sleep(Duration::from_secs(1)).await;
    let before = source.loads();
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let registry = registry.clone();
        tasks.spawn(async move { registry.lease(tenant_id()).await.is_err() });
    }
    within_long(async { while tasks.len() > 1 && tasks.join_next().await.is_some() {} }).await;
    assert_eq!(source.loads(), before + 1);

    // A hanging load does not keep other tenants from noticing the recovery.
    source.set_all(None);
    sleep(Duration::from_secs(1)).await;
    touch(&registry, tenant_id()).await;
    assert_eq!(tasks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn failures_at_the_same_time_count_as_one() {
    let (registry, source) = registry(settings());
    source.set_all(Some(Answer::Never));
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        let registry = registry.clone();
        tasks.spawn(async move { unavailable(&registry).await });
    }
    let waits = within_long(tasks.join_all()).await;
    let longest = waits.into_iter().max().unwrap();
    assert!(longest <= Duration::from_millis(100), "{longest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_fails_alone_costs_no_other_anything() {
    let (registry, source) = registry(settings());
    let broken = tenant_id();
    source.set(broken, Answer::Broken);
    for _ in 0..1_000 {
        registry.lease(broken).await.unwrap_err();
        touch(&registry, tenant_id()).await;
        sleep(Duration::from_millis(1)).await;
    }
    let asked = source.loads() - 1_000;
    assert!((10..=50).contains(&asked), "{asked} in a second");
    source.reset(broken);
    sleep(Duration::from_secs(1)).await;
    touch(&registry, broken).await;
}
