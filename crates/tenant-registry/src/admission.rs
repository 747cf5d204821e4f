//! Who may ask the source, and when: so many at once, and strangers at a rate.
//!
//! Tenants that were seen to exist come back whenever they are evicted; a made-up id comes once. So only who was never
//! seen waits for its turn, and strangers have no more than half of the places: a flood of made-up ids neither reaches
//! the source faster than that, nor shuts out the tenants. A turn is taken before anything is made for the tenant: one
//! that would come too late costs no more than saying so.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::known::Known;
use crate::rate::Rate;
use crate::{LeaseError, RegistrySettings, TenantId};

/// When who found no place in time should come again: by then some of those before it have been answered, or the
/// source is known to be down.
const AGAIN: Duration = Duration::from_secs(1);

pub(crate) struct Admission {
    known: Known,
    rate: Rate,
    places: Semaphore,
    /// Those of the places that strangers may have.
    for_strangers: Semaphore,
}

/// The right to ask the source for one tenant, until a deadline.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    /// For a stranger: not before.
    at: Option<Instant>,
    pub(crate) until: Instant,
}

/// A place among those that ask.
pub(crate) struct Place<'a> {
    _place: SemaphorePermit<'a>,
    _for_strangers: Option<SemaphorePermit<'a>>,
}

impl Admission {
    pub(crate) fn new(settings: &RegistrySettings) -> Self {
        let places = settings.max_loads.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            known: Known::new(),
            rate: Rate::per_second(settings.strangers_per_second),
            places: Semaphore::new(places),
            for_strangers: Semaphore::new((places / 2).max(1)),
        }
    }

    /// A turn that comes within the deadline, or else none. Nothing is waited for yet.
    pub(crate) fn turn(&self, tenant: TenantId, until: Instant) -> Result<Turn, LeaseError> {
        let at = if self.known.contains(tenant) {
            None
        } else {
            let turn = self.rate.turn(until);
            Some(turn.map_err(|retry_after| LeaseError::Busy { retry_after })?)
        };
        Ok(Turn { at, until })
    }

    /// Waits for the turn and for a place, until the turn's deadline at the latest.
    pub(crate) async fn place(&self, turn: Turn) -> Result<Place<'_>, LeaseError> {
        let until = turn.until;
        let for_strangers = match turn.at {
            None => None,
            Some(at) => {
                // The timer would round a wait of nothing up to its next tick, a millisecond.
                if at > Instant::now() {
                    sleep_until(at).await;
                }
                // First, so that no more than these are in the queue for the places.
                Some(wait_for(&self.for_strangers, until).await?)
            }
        };
        Ok(Place {
            _place: wait_for(&self.places, until).await?,
            _for_strangers: for_strangers,
        })
    }

    /// This tenant exists.
    pub(crate) fn known(&self, tenant: TenantId) {
        self.known.add(tenant);
    }
}

async fn wait_for(places: &Semaphore, until: Instant) -> Result<SemaphorePermit<'_>, LeaseError> {
    match timeout_at(until, places.acquire()).await {
        Ok(Ok(place)) => Ok(place),
        Ok(Err(_)) | Err(_) => Err(busy()),
    }
}

/// For who did not get to the source, or too late to be answered.
pub(crate) fn busy() -> LeaseError {
    LeaseError::Busy { retry_after: AGAIN }
}
