//! Closing: one connection, all of an account, all that are too old or too many.

use std::collections::HashSet;

use super::{Core, Kind, Place, Refusal, Shared};
use crate::budget::slots::Micros;
use crate::budget::word::Slot;

impl<K: Kind> Core<K> {
    /// The server has let the backend go.
    pub(crate) fn closed(&mut self, account: &Shared<K>, pipeline: Option<u64>, now: Micros) {
        self.left(account, pipeline, Place::Closing, now);
    }

    /// It was closed by us, and the server cannot be asked.
    pub(crate) fn unconfirmed(&mut self, pipeline: Option<u64>, now: Micros) {
        if let Some(pipeline) = pipeline {
            self.end_pipeline(pipeline);
        }
        self.shift(Place::Closing, Place::Quarantine);
        self.dispatch(now);
    }

    /// What was in quarantine is known to be gone.
    pub(crate) fn confirmed(&mut self, account: &Shared<K>, now: Micros) {
        self.left(account, None, Place::Quarantine, now);
    }

    fn left(&mut self, account: &Shared<K>, pipeline: Option<u64>, from: Place, now: Micros) {
        if let Some(pipeline) = pipeline {
            self.end_pipeline(pipeline);
        }
        self.shift(from, Place::Free);
        self.freed();
        if let Some(seat) = self.seats.get_mut(&account.id) {
            seat.leaving = seat.leaving.saturating_sub(1);
        }
        self.settle(account.id);
        self.dispatch(now);
    }

    /// The account has left the registry. Those who hold it go on; what it has idle is the first to be taken.
    pub(crate) fn retire(&mut self, account: &Shared<K>, now: Micros) {
        if let Some(seat) = self.seats.get_mut(&account.id) {
            seat.retired = true;
        }
        self.settle(account.id);
        // It has no floor any more.
        self.dispatch(now);
    }

    /// Closes the account: nobody gets a connection any more, idle ones go now, others as they come back.
    pub(crate) fn shut(&mut self, account: &Shared<K>, now: Micros) {
        account.slots.word.retire();
        let Some(seat) = self.seats.get_mut(&account.id) else {
            return;
        };
        seat.closed = true;
        self.refuse_all(account.id, &Refusal::Closed);
        for slot in account.slots.word.idle_slots() {
            self.take_and_close(account, slot);
        }
        self.settle(account.id);
        self.dispatch(now);
    }

    /// Whether the account has no connection left, on either side.
    pub(crate) fn is_drained(&self, account: &Shared<K>) -> bool {
        self.seats.get(&account.id).is_none_or(super::Seat::is_vacant)
    }

    /// The backends that run something for this account, or lie idle.
    pub(crate) fn backends(&self, account: &Shared<K>) -> Vec<i32> {
        self.seats.get(&account.id).map_or_else(Vec::new, |seat| {
            seat.backends.iter().map(|(_, pid)| *pid).collect()
        })
    }

    /// The backends of all connections that are open.
    pub(crate) fn all_backends(&self) -> Vec<i32> {
        let backends = self.seats.values().flat_map(|seat| &seat.backends);
        backends.map(|(_, pid)| *pid).collect()
    }

    /// The server was away, and has these backends now. Idle connections of others are dead; what is in use finds out
    /// by itself. `restarted`: it has none of those that it had.
    pub(crate) fn returned(&mut self, alive: &HashSet<i32>, restarted: bool, now: Micros) {
        if restarted {
            self.epoch = self.epoch.wrapping_add(1);
            self.end_shortage();
        }
        for (account, slot) in self.idle_ones() {
            let backends = self.seats.get(&account.id).map(|seat| &seat.backends);
            let lives = backends.is_some_and(|backends| {
                backends
                    .iter()
                    .any(|(of, pid)| *of == slot && alive.contains(pid))
            });
            if restarted || !lives {
                self.take_and_close(&account, slot);
                self.settle(account.id);
            }
        }
        self.dispatch(now);
    }

    /// Time has passed: closes what has been idle for too long or is too many, and looks who can be served.
    pub(crate) fn tick(&mut self, now: Micros) {
        self.grow_back(now);
        for (account, slot) in self.idle_ones() {
            let idle = now.saturating_sub(account.slots.idle_since(slot));
            let seat = self.seats.get(&account.id);
            let above_floor = seat.is_some_and(|seat| seat.open > self.floor(seat));
            if idle >= self.ages.idle && above_floor {
                self.take_and_close(&account, slot);
                self.settle(account.id);
            }
        }
        self.shrink(now);
        self.dispatch(now);
    }

    /// How many more have to go, beside those that are going.
    pub(super) fn excess(&self) -> u32 {
        let going = self.ledger.closing + self.ledger.quarantine;
        self.ledger
            .cap
            .saturating_sub(self.possible())
            .saturating_sub(going)
    }

    /// Closes idle connections, the longest unused first, until no more than the cap are left.
    pub(super) fn shrink(&mut self, now: Micros) {
        while self.excess() > 0 {
            let Some((account, slot, seated)) = self.take_victim(None, now) else {
                return;
            };
            self.close(&account, slot, seated, None);
            self.settle(account.id);
        }
    }

    fn take_and_close(&mut self, account: &Shared<K>, slot: Slot) {
        // Somebody may have taken it a moment ago; then it closes when it comes back.
        if let Some(seated) = account.slots.take_this(slot) {
            self.close(account, slot, seated, None);
        }
    }

    fn idle_ones(&self) -> Vec<(Shared<K>, Slot)> {
        let of = |seat: &super::Seat<K>| {
            let account = Shared::clone(&seat.account);
            let slots: Vec<Slot> = account.slots.word.idle_slots().collect();
            slots.into_iter().map(move |slot| (Shared::clone(&account), slot))
        };
        self.seats.values().flat_map(of).collect()
    }
}
