//! Whose connection goes when another tenant needs one.

use super::{Core, Kind, Seat, Seated, Shared, Slot};
use crate::budget::slots::Micros;

/// A tenant that has some already takes from one that has not many more only what has been idle for so long.
const IDLE_FOR_MORE: Micros = 50_000;

/// A choice, in the order of preference: of a retired pool, then the longest unused.
type Rank = (bool, Micros);

impl<K: Kind> Core<K> {
    /// Takes an idle connection for the tenant with this seat, or to have one less if there is none: the longest
    /// unused one above its owner's floor, those of retired pools first. It is in nobody's hands any more.
    pub(super) fn take_victim(
        &self,
        richer_than: Option<u32>,
        now: Micros,
    ) -> Option<(Shared<K>, Slot, Seated<K::Connection>)> {
        loop {
            let (account, slot) = self.victim(richer_than, now)?;
            // Its owner may have come for it at this moment; then the choice is made anew.
            if let Some(seated) = account.slots.take_this(slot) {
                return Some((account, slot, seated));
            }
        }
    }

    /// `richer_than`: the taker has so many itself, and takes only from one that has at least two more, or what lies
    /// idle.
    fn victim(&self, richer_than: Option<u32>, now: Micros) -> Option<(Shared<K>, Slot)> {
        let mut best: Option<(Rank, &Seat<K>, Slot)> = None;
        for seat in self.seats.values() {
            if seat.open <= self.floor(seat) {
                continue;
            }
            for slot in seat.account.slots.word.idle_slots() {
                let since = seat.account.slots.idle_since(slot);
                let allowed = richer_than
                    .is_none_or(|own| seat.open > own + 1 || now.saturating_sub(since) >= IDLE_FOR_MORE);
                let rank = (!seat.retired, since);
                if allowed && best.as_ref().is_none_or(|(least, ..)| rank < *least) {
                    best = Some((rank, seat, slot));
                }
            }
        }
        best.map(|(_, seat, slot)| (Shared::clone(&seat.account), slot))
    }
}
