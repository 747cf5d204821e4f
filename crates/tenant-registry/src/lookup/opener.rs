//! Task that opens a tenant's pool; no caller's cancellation ends it.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use crate::index::{Entry, Lease};
use crate::lookup::admission::Turn;
use crate::lookup::opening::{Opened, Opening, Outcome};
use crate::panics::caught;
use crate::reaper::reason::Reason;
use crate::registry::Inner;
use crate::{LeaseError, Reload, TenantId, TenantPool};

/// Why a pool is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A caller wants a lease.
    Lease,
    /// A caller may want one later: if there is room.
    WarmUp,
}

/// One opening, from its insertion into the index to its outcome.
pub(crate) struct Opener<P: TenantPool> {
    pub(crate) registry: Arc<Inner<P>>,
    pub(crate) tenant: TenantId,
    pub(crate) purpose: Purpose,
    /// To ask the source.
    pub(crate) turn: Turn,
    pub(crate) opening: Opening<P>,
}

impl<P: TenantPool> Opener<P> {
    pub(crate) async fn run(self) {
        let opened = caught("pool", self.open()).await;
        let outcome = opened
            .unwrap_or_else(|panicked| Err(LeaseError::unavailable(panicked)))
            .unwrap_or_else(Outcome::Failed);
        if matches!(outcome, Outcome::Failed(_)) {
            self.registry.counters.failed();
        }
        // Out of the index first, so that no caller joins what has failed.
        self.remove();
        self.opening.finish(&outcome);
    }

    async fn open(&self) -> Result<Outcome<P>, LeaseError> {
        let registry = &*self.registry;
        let reload = Reload::new(Arc::clone(&registry.source), self.tenant);
        let Some(spec) = registry
            .look_up(self.turn, self.tenant, &self.opening, &reload)
            .await?
        else {
            return Ok(Outcome::Overtaken);
        };
        if !registry.index.is_current(self.tenant, &self.opening) {
            return Ok(Outcome::Overtaken);
        }
        let version = spec.version;
        let pool = P::open(spec, reload, &registry.pool_settings);
        registry.counters.opened();
        let entry = Arc::new(Entry::new(
            self.tenant,
            version,
            pool,
            registry.stripes,
            registry.clock.now(),
            self.purpose,
        ));
        // Before any other can evict it.
        let held = match self.purpose {
            Purpose::Lease => Lease::of(&entry),
            Purpose::WarmUp => None,
        };
        if !self.insert(&entry) {
            // Callers that wait for it start over, and then have a claim to a place.
            let no_room = registry.index.is_current(self.tenant, &self.opening);
            let reason = if no_room {
                Reason::Capacity
            } else {
                Reason::Changed
            };
            registry.reaper.retire(&entry, reason);
            return Ok(Outcome::Overtaken);
        }
        // With the fence in `shutdown`: either that one finds the entry, or this one sees it.
        fence(Ordering::SeqCst);
        if registry.closing.is_cancelled() {
            registry.retire(&entry, Reason::Shutdown);
            return Err(LeaseError::ShuttingDown);
        }
        registry.residency.opened(&entry);
        Ok(Outcome::Open(Opened { entry, held }))
    }

    fn insert(&self, entry: &Arc<Entry<P>>) -> bool {
        let index = &self.registry.index;
        match self.purpose {
            Purpose::Lease => index.insert_resident(&self.opening, entry),
            Purpose::WarmUp => {
                index.insert_resident_below(self.registry.max_resident(), &self.opening, entry)
            }
        }
    }

    fn remove(&self) {
        self.registry.index.remove_opening(self.tenant, &self.opening);
    }
}

impl<P: TenantPool> Drop for Opener<P> {
    /// Also when the task never ran: an opening without a task must not stay in the index.
    fn drop(&mut self) {
        self.remove();
        self.opening.abort();
    }
}
