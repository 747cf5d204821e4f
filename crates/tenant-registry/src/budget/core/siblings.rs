//! The accounts of one tenant, and what its maximum counts.

use super::{Core, Kind, Seat, Shared};
use crate::budget::rings::Class;

impl<K: Kind> Core<K> {
    /// The account's seat, made where it has none yet.
    pub(super) fn seat(&mut self, account: &Shared<K>) -> &mut Seat<K> {
        let mut siblings = Vec::new();
        if !self.seats.contains_key(&account.id) {
            let seats = self.by_tenant.entry(account.tenant).or_default();
            siblings.clone_from(seats);
            seats.push(account.id);
            for sibling in &siblings {
                if let Some(seat) = self.seats.get_mut(sibling) {
                    seat.siblings.push(account.id);
                }
            }
        }
        let vacant = || Seat::new(Shared::clone(account), siblings);
        self.seats.entry(account.id).or_insert_with(vacant)
    }

    /// Forgets a seat of which nothing is left.
    pub(super) fn remove_seat(&mut self, id: u64) {
        let Some(seat) = self.seats.remove(&id) else {
            return;
        };
        for sibling in &seat.siblings {
            if let Some(other) = self.seats.get_mut(sibling) {
                other.siblings.retain(|of| *of != id);
            }
        }
        let tenant = seat.account.tenant;
        if seat.siblings.is_empty() {
            self.by_tenant.remove(&tenant);
        } else if let Some(seats) = self.by_tenant.get_mut(&tenant) {
            seats.retain(|of| *of != id);
        }
    }

    /// Backends of the tenant that are being closed or in quarantine, whichever of its pools they were of.
    pub(crate) fn leaving(&self, seat: &Seat<K>) -> u32 {
        let of_siblings = seat.siblings.iter().filter_map(|id| self.seats.get(id));
        seat.leaving + of_siblings.map(|sibling| sibling.leaving).sum::<u32>()
    }

    /// In which ring the seat belongs.
    pub(crate) fn class(&self, seat: &Seat<K>) -> Option<Class> {
        seat.class(self.floor(seat), self.leaving(seat))
    }
}
