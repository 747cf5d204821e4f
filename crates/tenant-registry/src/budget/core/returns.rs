//! A connection comes back the slow way: somebody waits, or it is not to be used again.

use super::{Core, Effect, Kind, Place, Seat, Seated, Shared, Slot};
use crate::budget::slots::Micros;

impl<K: Kind> Core<K> {
    /// A clean connection: for the tenant's own waiter, for others, or idle.
    pub(crate) fn give_back(
        &mut self,
        account: &Shared<K>,
        slot: Slot,
        seated: Seated<K::Connection>,
        now: Micros,
    ) {
        let Some(seat) = self.seats.get(&account.id) else {
            // Nobody waits, and yet the fast way was closed: it was just opened again.
            return self.make_idle(account, slot, seated, now);
        };
        if seat.closed || self.is_spent(&seated, now) || self.excess() > 0 {
            return self.give_up(account, slot, seated, false, now);
        }
        if self.must_yield(seat, &seated, now) {
            return self.give_up(account, slot, seated, true, now);
        }
        self.hand_on(account, slot, seated, now);
        self.settle(account.id);
        if self.rings.starving() > 0 {
            self.dispatch(now);
        }
    }

    /// To whoever of the tenant's own waits longest, or else to nobody.
    pub(super) fn hand_on(
        &mut self,
        account: &Shared<K>,
        slot: Slot,
        seated: Seated<K::Connection>,
        now: Micros,
    ) {
        let first = self.seats.get_mut(&account.id).and_then(|seat| {
            let first = seat.waiters.pop_first();
            if seat.waiters.is_empty() {
                account.slots.word.clear_slow();
            }
            first
        });
        match first {
            Some((_, (waiter, _))) => {
                let account = Shared::clone(account);
                self.out.push(Effect::Grant(waiter, account, slot, seated));
            }
            None => self.make_idle(account, slot, seated, now),
        }
    }

    fn make_idle(&mut self, account: &Shared<K>, slot: Slot, seated: Seated<K::Connection>, now: Micros) {
        if let Err(seated) = account.slots.put_slow(slot, seated, now) {
            self.close(account, slot, seated, None);
        }
    }

    /// A connection that is not to be used again, whatever state it is in.
    pub(crate) fn give_up(
        &mut self,
        account: &Shared<K>,
        slot: Slot,
        seated: Seated<K::Connection>,
        steals: bool,
        now: Micros,
    ) {
        let pipeline = steals.then(|| self.begin_pipeline(account.id, true, now));
        self.close(account, slot, seated, pipeline);
        self.settle(account.id);
        self.dispatch(now);
    }

    /// Older than it may be, or of a life of the server that is over.
    fn is_spent(&self, seated: &Seated<K::Connection>, now: Micros) -> bool {
        seated.epoch != self.epoch || now.saturating_sub(seated.opened) >= self.ages.life
    }

    /// Whether a tenant that could use it itself has to let it go: others starve, a login could start for them, and it
    /// has more than its share or has had its turn.
    fn must_yield(&self, seat: &Seat<K>, seated: &Seated<K::Connection>, now: Micros) -> bool {
        self.rings.starving() > self.steals_under_way(now)
            && self.ledger.free == 0
            && self.login_could_start(now)
            && seat.open > self.floor(seat)
            && (seat.open > self.share() || now.saturating_sub(seated.opened) >= self.rate.turn())
    }

    /// What each of those who contend would have if all had the same.
    fn share(&self) -> u32 {
        let contending = u32::try_from(self.seats.len()).unwrap_or(u32::MAX).max(1);
        (self.ledger.cap / contending).max(1)
    }

    /// Starts the closing of an open connection.
    pub(super) fn close(
        &mut self,
        account: &Shared<K>,
        slot: Slot,
        seated: Seated<K::Connection>,
        pipeline: Option<u64>,
    ) {
        if let Some(seat) = self.seats.get_mut(&account.id) {
            seat.open = seat.open.saturating_sub(1);
            seat.leaving += 1;
            seat.free_slot(slot);
        }
        self.shift(Place::Open, Place::Closing);
        self.out
            .push(Effect::Close(Shared::clone(account), seated, pipeline));
    }
}
