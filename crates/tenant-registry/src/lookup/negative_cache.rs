//! Negative cache of failed tenant lookups.
//!
//! A tenant that was refused a moment ago is refused again without a lookup, until its `retry_at`. That time is on
//! tokio's clock, as all waits of the registry; moka bounds the number of failures and drops old ones, so a flood of
//! made-up ids forgets sooner and never grows.
//!
//! An answer that a change has overtaken is not kept. For one tenant, moka runs [`insert`](NegativeCache::insert) and
//! [`remove`](NegativeCache::remove) one after the other, so the check and the insertion are one step.
//! `invalidate_all` does not wait for insertions in flight; a generation number makes these stale.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::time::Instant;

use crate::{LeaseError, RegistrySettings, SourceError, TenantId};

/// Room for all made-up ids that the rate limit lets through within the time for which they are kept, as both are by
/// default.
const CAPACITY: u64 = 4_096;
/// The longest backoff of a source that is down.
const SHORTEST_AGE: Duration = Duration::from_secs(1);
const LONGEST_AGE: Duration = Duration::from_hours(24 * 365);

pub(crate) struct NegativeCache {
    failures: Cache<TenantId, FailedLookup>,
    /// Raised by [`clear`](Self::clear); failures of an older one count no more.
    generation: AtomicU64,
}

#[derive(Clone)]
struct FailedLookup {
    error: SourceError,
    retry_at: Instant,
    generation: u64,
}

impl NegativeCache {
    pub(crate) fn new(settings: &RegistrySettings) -> Self {
        let age = settings.unknown_memory.max(settings.refused_memory);
        let failures = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(age.clamp(SHORTEST_AGE, LONGEST_AGE));
        Self {
            failures: failures.build(),
            generation: AtomicU64::new(0),
        }
    }

    /// The tenant's failure, if its `retry_at` has not come.
    pub(crate) fn get(&self, tenant: TenantId) -> Option<LeaseError> {
        let failed = self.failures.get(&tenant)?;
        let wait = self.remaining(&failed)?;
        Some(LeaseError::Source {
            error: failed.error,
            retry_after: Some(wait),
        })
    }

    /// Keeps the failure until `retry_at` if its opening `is_current`; returns whether it was.
    pub(crate) fn insert(
        &self,
        tenant: TenantId,
        error: &SourceError,
        retry_at: Instant,
        is_current: impl FnOnce() -> bool,
    ) -> bool {
        // Read before `is_current` is asked: what is removed from the index by a later `clear` is of an older one.
        let generation = self.generation.load(Ordering::SeqCst);
        let mut current = false;
        self.failures.entry(tenant).and_compute_with(|_| {
            current = is_current();
            if current {
                Op::Put(FailedLookup {
                    error: error.clone(),
                    retry_at,
                    generation,
                })
            } else {
                Op::Nop
            }
        });
        current
    }

    /// Forgets the tenant. Its opening must have left the index before.
    pub(crate) fn remove(&self, tenant: TenantId) {
        self.failures.entry(tenant).and_compute_with(|_| Op::Remove);
    }

    /// Forgets all tenants. All openings must have left the index before.
    pub(crate) fn clear(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.failures.invalidate_all();
    }

    /// How many tenants are refused by it now.
    pub(crate) fn len(&self) -> usize {
        self.failures
            .iter()
            .filter(|(_, failed)| self.remaining(failed).is_some())
            .count()
    }

    /// How long until the failure's `retry_at`.
    fn remaining(&self, failed: &FailedLookup) -> Option<Duration> {
        let wait = failed.retry_at.saturating_duration_since(Instant::now());
        let counts = failed.generation == self.generation.load(Ordering::SeqCst);
        (counts && !wait.is_zero()).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn any_tenant() -> TenantId {
        Uuid::new_v4().into()
    }

    fn cache() -> NegativeCache {
        NegativeCache::new(&RegistrySettings::default())
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_replaces_the_oldest_and_never_grows() {
        let cache = cache();
        let retry_at = Instant::now() + Duration::from_secs(5);
        let flood: Vec<_> = (0..20_000).map(|_| any_tenant()).collect();
        for tenant in &flood {
            cache.insert(*tenant, &SourceError::Unknown, retry_at, || true);
        }
        cache.failures.run_pending_tasks();
        assert_eq!(cache.len() as u64, CAPACITY);
        assert!(cache.get(flood[0]).is_none());
        assert!(cache.get(*flood.last().unwrap()).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_has_one_failure_and_an_overtaken_one_is_not_kept() {
        let cache = cache();
        let tenant = any_tenant();
        let retry_at = Instant::now() + Duration::from_secs(1);
        assert!(cache.insert(tenant, &SourceError::Unknown, retry_at, || true));
        assert!(cache.insert(tenant, &SourceError::NotReady, retry_at, || true));
        assert!(!cache.insert(tenant, &SourceError::Suspended, retry_at, || false));
        assert_eq!(cache.len(), 1);
        let failure = cache.get(tenant).unwrap();
        assert_eq!(failure.retry_after(), Some(Duration::from_secs(1)));
        assert!(matches!(
            failure,
            LeaseError::Source {
                error: SourceError::NotReady,
                ..
            }
        ));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(cache.get(tenant).is_none());
        assert_eq!(cache.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn removed_and_cleared_failures_are_forgotten_at_once() {
        let cache = cache();
        let [removed, cleared] = [(); 2].map(|()| any_tenant());
        let retry_at = Instant::now() + Duration::from_secs(1);
        for tenant in [removed, cleared] {
            cache.insert(tenant, &SourceError::Unknown, retry_at, || true);
        }
        cache.remove(removed);
        assert!(cache.get(removed).is_none() && cache.get(cleared).is_some());
        // One that is inserted while all are cleared is forgotten as well.
        let late = any_tenant();
        cache.insert(late, &SourceError::Unknown, retry_at, || {
            cache.clear();
            true
        });
        assert!(cache.get(cleared).is_none() && cache.get(late).is_none());
        assert_eq!(cache.len(), 0);
    }
}
