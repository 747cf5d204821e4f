//! Places of tenants in the rings of those who wait.

use super::{Core, Kind};
use crate::budget::rings::{Class, Rings, Ticket};

impl<K: Kind> Core<K> {
    /// Puts the seat where it belongs after a change, and forgets it when nothing is left of it. So with the tenant's
    /// other seats: what leaves one of them counts in all.
    pub(super) fn settle(&mut self, id: u64) {
        let siblings = self
            .seats
            .get(&id)
            .map_or_else(Vec::new, |seat| seat.siblings.clone());
        self.settle_one(id, Rings::join);
        for sibling in siblings {
            self.settle_one(sibling, Rings::join);
        }
    }

    /// As [`settle`](Self::settle), ahead of all who wait for the same.
    pub(super) fn settle_first(&mut self, id: u64) {
        self.settle_one(id, Rings::join_first);
        self.settle(id);
    }

    fn settle_one(&mut self, id: u64, join: fn(&mut Rings, u64, Class) -> Ticket) {
        let Some(seat) = self.seats.get(&id) else { return };
        let wanted = self.class(seat);
        if seat.queued.map(|(class, _)| class) != wanted {
            self.requeue(id, wanted, join);
        } else if !seat.is_vacant() {
            return;
        }
        if let Some(seat) = self.seats.get(&id)
            && seat.is_vacant()
        {
            if seat.closed {
                seat.account.drained.notify_waiters();
            }
            self.remove_seat(id);
        }
    }

    fn requeue(&mut self, id: u64, wanted: Option<Class>, join: fn(&mut Rings, u64, Class) -> Ticket) {
        let joined = wanted.map(|class| (class, join(&mut self.rings, id, class)));
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if let Some((class, _)) = std::mem::replace(&mut seat.queued, joined) {
            let seats = &self.seats;
            self.rings.left(class, |account, ticket| {
                let stands = seats.get(&account).and_then(|seat| seat.queued);
                stands.is_some_and(|(_, own)| own == ticket)
            });
        }
    }
}
