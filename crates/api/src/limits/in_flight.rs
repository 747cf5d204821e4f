//! Load shedding: a bound on the requests that are under way at once.
//!
//! Above what the database can answer, more requests at once only wait longer. By Little's law the bound limits that wait:
//! 1,000 requests at 4,000 answers a second wait a quarter of a second. What is above it is refused at once, before its
//! tenant's pool is touched, for a small part of what an answer costs.
//!
//! A request counts while there is work on it, not while its peer sends the body.
//!
//! A tenant gets at most half of the bound, so that one tenant's load is not shed at the cost of all others. Shares are
//! counted in a fixed number of cells, chosen by a keyed hash of the tenant's id: no state for made-up ids. Two tenants
//! that meet in a cell share its half, which matters only while both are busy.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tenant_registry::TenantId;

/// Cells of the shares.
const CELLS: usize = 1024;

/// Requests under way, of the plane and by tenant.
#[derive(Debug)]
pub(super) struct InFlight {
    max: u32,
    share: u32,
    total: AtomicU32,
    cells: Box<[AtomicU32]>,
    hasher: RandomState,
}

impl InFlight {
    pub(super) fn new(max: u32) -> Self {
        Self {
            max,
            share: max.div_ceil(2),
            total: AtomicU32::new(0),
            cells: (0..CELLS).map(|_| AtomicU32::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Counts a request until the result is dropped. `None` if there is no room for it.
    pub(super) fn enter(self: &Arc<Self>, tenant: TenantId) -> Option<Place> {
        let hash = self.hasher.hash_one(tenant.as_uuid().as_u128());
        let cell = usize::try_from(hash % CELLS as u64).unwrap_or(0);
        let place = Place {
            in_flight: Arc::clone(self),
            cell,
            is_taken: AtomicBool::new(true),
        };
        // Both are counted before they are compared: dropping the place takes both back.
        let (total, of_tenant) = self.count(cell);
        (total < self.max && of_tenant < self.share).then_some(place)
    }

    /// Counts a request. How many there were before, in all and in its cell.
    fn count(&self, cell: usize) -> (u32, u32) {
        (
            self.total.fetch_add(1, Ordering::Relaxed),
            self.cells[cell].fetch_add(1, Ordering::Relaxed),
        )
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Place {
    in_flight: Arc<InFlight>,
    cell: usize,
    is_taken: AtomicBool,
}

impl Place {
    /// Does not count the request until it takes its place again.
    pub(super) fn leave(&self) {
        if self.is_taken.swap(false, Ordering::Relaxed) {
            self.in_flight.cells[self.cell].fetch_sub(1, Ordering::Relaxed);
            self.in_flight.total.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Counts the request again, also if there is no room: it is not refused any more.
    pub(super) fn take_again(&self) {
        if !self.is_taken.swap(true, Ordering::Relaxed) {
            self.in_flight.count(self.cell);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> TenantId {
        Uuid::from_u128(number).into()
    }

    #[test]
    fn one_tenant_gets_half_and_all_together_the_whole() {
        let in_flight = Arc::new(InFlight::new(8));
        let noisy: Vec<_> = (0..20).filter_map(|_| in_flight.enter(id(1))).collect();
        assert_eq!(noisy.len(), 4);
        let others: Vec<_> = (2..20).filter_map(|number| in_flight.enter(id(number))).collect();
        assert_eq!(others.len(), 4);
        drop(noisy);
        assert!(in_flight.enter(id(1)).is_some());
        drop(others);
        assert_eq!(in_flight.total.load(Ordering::Relaxed), 0);
        assert!(
            in_flight
                .cells
                .iter()
                .all(|cell| cell.load(Ordering::Relaxed) == 0)
        );
    }

    #[test]
    fn there_is_always_room_for_one() {
        let in_flight = Arc::new(InFlight::new(1));
        let first = in_flight.enter(id(1));
        assert!(first.is_some() && in_flight.enter(id(2)).is_none());
        drop(first);
        assert!(in_flight.enter(id(2)).is_some());
    }
}
