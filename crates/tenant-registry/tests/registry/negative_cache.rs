//! Negative cache: refusals of the source are remembered for a short time.

use std::sync::Arc;

use tenant_registry::{LeaseError, SourceError};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::fakes::{Answer, registry, settings, tenant_id, touch, within_long};

#[tokio::test(start_paused = true)]
async fn a_refused_tenant_is_looked_up_once_until_the_cache_entry_expires() {
    let settings = settings();
    let (unknown, refused) = (settings.unknown_memory, settings.refused_memory);
    for (answer, memory) in [
        (Answer::Unknown, unknown),
        (Answer::Suspended, refused),
        (Answer::NotReady, refused),
        (Answer::Unusable, refused),
    ] {
        let (registry, source) = registry(settings.clone());
        let tenant = tenant_id();
        source.set(tenant, answer);
        let first = registry.lease(tenant).await.unwrap_err();
        assert_eq!(first.retry_after(), Some(memory));
        sleep(memory / 4).await;
        for _ in 0..10 {
            let again = registry.lease(tenant).await.unwrap_err();
            assert_eq!(again.retry_after(), Some(memory * 3 / 4));
            assert_eq!(
                format!("{again:?}").split(',').next(),
                format!("{first:?}").split(',').next()
            );
        }
        assert_eq!(source.loads(), 1);

        source.reset(tenant);
        sleep(memory / 2).await;
        assert!(registry.lease(tenant).await.is_err());
        sleep(memory / 4).await;
        touch(&registry, tenant).await;
        assert_eq!(source.loads(), 2);
        assert_eq!(registry.stats().opened, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_forgets_it() {
    let (registry, source) = registry(settings());
    let (tenant, other) = (tenant_id(), tenant_id());
    for unknown in [tenant, other] {
        source.set(unknown, Answer::Unknown);
        registry.lease(unknown).await.unwrap_err();
        source.reset(unknown);
    }
    registry.invalidate(tenant);
    touch(&registry, tenant).await;
    assert!(registry.lease(other).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_older_answer_that_comes_after_the_invalidation_is_not_remembered() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    let gate = Arc::new(Semaphore::new(0));
    source.set(tenant, Answer::SuspendedGate(Arc::clone(&gate)));
    let early = tokio::spawn({
        let registry = registry.clone();
        async move { registry.lease(tenant).await }
    });
    source.loaded(1).await;
    source.reset(tenant);
    registry.invalidate(tenant);
    gate.add_permits(1);
    // Who came early is not told what does not hold any more, either.
    assert!(within_long(early).await.unwrap().is_ok());
    touch(&registry, tenant).await;
    assert_eq!(source.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn resident_tenants_are_served_without_a_lookup() {
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    touch(&registry, tenant).await;
    source.set(tenant, Answer::Unknown);
    touch(&registry, tenant).await;
    registry.invalidate(tenant);
    assert!(matches!(
        registry.lease(tenant).await,
        Err(LeaseError::Source {
            error: SourceError::Unknown,
            ..
        })
    ));
}
