//! Admission of lookups: a concurrency limit for all, and a rate limit for tenant ids not seen before.
//!
//! Tenants that were seen to exist come back whenever they are evicted; a made-up id comes once. So only unseen ids
//! wait for a turn, and they get no more than half of the permits: a flood of made-up ids neither reaches the source
//! faster than that, nor shuts out the tenants. A turn is taken before anything is allocated for the tenant, so one
//! that would come too late is refused at next to no cost.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::lookup::rate_limit::RateLimit;
use crate::lookup::seen_tenants::SeenTenants;
use crate::{LeaseError, RegistrySettings, TenantId};

/// `Retry-After` of a lookup that got no permit in time: by then some of those before it have been answered, or the
/// source is known to be down.
const AGAIN: Duration = Duration::from_secs(1);

pub(crate) struct Admission {
    seen: SeenTenants,
    rate: RateLimit,
    permits: Semaphore,
    /// Those of the permits that unseen ids may have.
    for_unseen: Semaphore,
}

/// A lookup's turn, and the deadline until which it holds.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    /// For an unseen id: not before.
    at: Option<Instant>,
    pub(crate) until: Instant,
}

/// A permit for one lookup in flight.
pub(crate) struct Permit<'a> {
    _permit: SemaphorePermit<'a>,
    _for_unseen: Option<SemaphorePermit<'a>>,
}

impl Admission {
    pub(crate) fn new(settings: &RegistrySettings) -> Self {
        let permits = settings.max_loads.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            seen: SeenTenants::new(),
            rate: RateLimit::per_second(settings.strangers_per_second),
            permits: Semaphore::new(permits),
            for_unseen: Semaphore::new((permits / 2).max(1)),
        }
    }

    /// A turn that comes within the deadline, or an error. Does not wait.
    pub(crate) fn turn(&self, tenant: TenantId, until: Instant) -> Result<Turn, LeaseError> {
        let at = if self.seen.contains(tenant) {
            None
        } else {
            let turn = self.rate.turn(until);
            Some(turn.map_err(|retry_after| LeaseError::Busy { retry_after })?)
        };
        Ok(Turn { at, until })
    }

    /// Waits for the turn and for a permit, until the turn's deadline at the latest.
    pub(crate) async fn permit(&self, turn: Turn) -> Result<Permit<'_>, LeaseError> {
        let until = turn.until;
        let for_unseen = match turn.at {
            None => None,
            Some(at) => {
                // The timer would round a wait of nothing up to its next tick, a millisecond.
                if at > Instant::now() {
                    sleep_until(at).await;
                }
                // First, so that no more than these queue for the permits.
                Some(acquire(&self.for_unseen, until).await?)
            }
        };
        Ok(Permit {
            _permit: acquire(&self.permits, until).await?,
            _for_unseen: for_unseen,
        })
    }

    /// Notes that this tenant exists.
    pub(crate) fn tenant_seen(&self, tenant: TenantId) {
        self.seen.add(tenant);
    }
}

async fn acquire(permits: &Semaphore, until: Instant) -> Result<SemaphorePermit<'_>, LeaseError> {
    match timeout_at(until, permits.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) | Err(_) => Err(busy()),
    }
}

/// For a lookup that did not get to the source, or too late to be answered.
pub(crate) fn busy() -> LeaseError {
    LeaseError::Busy { retry_after: AGAIN }
}
