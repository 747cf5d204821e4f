//! Warm-up: pools opened ahead of the first request, as after a restart.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::index::Found;
use crate::lookup::opener::Purpose;
use crate::lookup::opening::Outcome;
use crate::{LeaseError, Registry, TenantId, TenantPool};

/// How often an opening that was overtaken by a change is tried.
const ATTEMPTS: usize = 3;

/// What came of a [`Registry::warm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WarmedUp {
    /// Tenants that are resident now and were not before.
    pub opened: usize,
    /// Tenants that could not be opened. Those that were resident, changed meanwhile or found no room are in neither
    /// count.
    pub failed: usize,
}

impl<P: TenantPool> Registry<P> {
    /// Opens the pools of these tenants, so that their first request need not wait for the source: in this order, at
    /// most `at_once` at a time, and only while there is room, so that none is evicted for them. Ends early when the
    /// registry closes. They are taken to exist, and the rate limit for unseen ids does not hold for them; name none but
    /// those from a record of your own, such as [`recently_used`](Self::recently_used).
    pub async fn warm(&self, tenants: impl IntoIterator<Item = TenantId>, at_once: usize) -> WarmedUp {
        let tenants: Vec<TenantId> = tenants.into_iter().collect();
        let mut openings = stream::iter(tenants)
            .map(|tenant| self.open_ahead(tenant))
            .buffer_unordered(at_once.max(1));
        let mut warmed_up = WarmedUp::default();
        while let Some(outcome) = openings.next().await {
            match outcome {
                Outcome::Open(_) => warmed_up.opened += 1,
                Outcome::Failed(LeaseError::ShuttingDown) | Outcome::Overtaken => {}
                Outcome::Failed(_) => warmed_up.failed += 1,
            }
        }
        warmed_up
    }

    async fn open_ahead(&self, tenant: TenantId) -> Outcome<P> {
        let registry = &*self.inner;
        for _ in 0..ATTEMPTS {
            let there = registry.index.slot(tenant).is_some();
            if there
                || registry.closing.is_cancelled()
                || registry.index.residents() >= registry.max_resident()
            {
                break;
            }
            if let Some(error) = registry.negative_cache.get(tenant) {
                return Outcome::Failed(error);
            }
            registry.admission.tenant_seen(tenant);
            let waiter = match self.find_or_open(tenant, Purpose::WarmUp) {
                Ok(Found::Opening(waiter)) => waiter,
                // Another caller was faster.
                Ok(Found::Lease(_)) => break,
                Err(error) => return Outcome::Failed(error),
            };
            match waiter.outcome().await {
                // A change, or the comparison after missed ones, came in between: it has to be read anew.
                Outcome::Overtaken => {}
                outcome => return outcome,
            }
        }
        Outcome::Overtaken
    }

    /// Resident tenants that were leased within this time, to within a quarter of the idle timeout or five seconds,
    /// whichever is less: for a record of tenants to [`warm`](Self::warm) after a restart. Those that were warmed up and
    /// not leased since are not among them.
    pub fn recently_used(&self, since: Duration) -> Vec<TenantId> {
        let registry = &*self.inner;
        let now = registry.clock.now();
        let mut tenants = Vec::new();
        registry.index.for_each_resident(|entry| {
            let unused = entry.last_leased(now).map(|leased| now.saturating_sub(leased));
            if unused.is_some_and(|unused| Duration::from_millis(unused) <= since) {
                tenants.push(entry.body.tenant);
            }
        });
        tenants
    }
}
