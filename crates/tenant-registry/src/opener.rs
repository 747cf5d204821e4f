//! Opens a tenant's pool, in a task that no caller's cancellation ends.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use tokio::sync::watch;

use crate::admission::Turn;
use crate::entry::Entry;
use crate::opening::{Opening, Outcome};
use crate::panics::caught;
use crate::reason::Reason;
use crate::registry::Inner;
use crate::{LeaseError, Reload, TenantId, TenantPool};

/// Why a pool is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Somebody wants a lease.
    Lease,
    /// Somebody may want one later: if there is room.
    WarmUp,
}

/// One opening, from the moment that it stands in the map to its outcome.
pub(crate) struct Opener<P: TenantPool> {
    pub(crate) registry: Arc<Inner<P>>,
    pub(crate) tenant: TenantId,
    pub(crate) purpose: Purpose,
    /// To ask the source.
    pub(crate) turn: Turn,
    pub(crate) opening: Opening<P>,
    pub(crate) tell: watch::Sender<Outcome<P>>,
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
        // Out of the map first, so that nobody joins what has failed.
        self.abandon();
        self.tell.send_replace(outcome);
    }

    async fn open(&self) -> Result<Outcome<P>, LeaseError> {
        let registry = &*self.registry;
        let reload = Reload::new(Arc::clone(&registry.source), self.tenant);
        let Some(spec) = registry
            .ask(self.turn, self.tenant, &self.opening, &reload)
            .await?
        else {
            return Ok(Outcome::Overtaken);
        };
        if !registry.residents.stands(self.tenant, &self.opening) {
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
        if !self.settle(&entry) {
            // Who waits for it starts over, and then has a claim to a place.
            let no_room = registry.residents.stands(self.tenant, &self.opening);
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
        if self.purpose == Purpose::Lease {
            registry.make_room_for(&entry);
        }
        Ok(Outcome::Open(entry))
    }

    fn settle(&self, entry: &Arc<Entry<P>>) -> bool {
        let residents = &self.registry.residents;
        match self.purpose {
            Purpose::Lease => residents.settle(&self.opening, entry),
            Purpose::WarmUp => residents.settle_in_room(&self.opening, entry, self.registry.max_resident()),
        }
    }

    fn abandon(&self) {
        self.registry.residents.abandon(self.tenant, &self.opening);
    }
}

impl<P: TenantPool> Drop for Opener<P> {
    /// Also when the task never ran: an opening that nobody works on must not stand in the map.
    fn drop(&mut self) {
        self.abandon();
    }
}
