//! Somebody comes for a connection, or goes away without one.

use std::time::Duration;

use super::{Core, Kind, Refusal, Seat, Seated, Shared, Slot};
use crate::budget::slots::Micros;
use crate::probe::ConnectFailure;

/// What came of asking.
pub(crate) enum Joined<K: Kind> {
    /// There is one after all.
    Got(Slot, Seated<K::Connection>),
    /// In the queue, under this number.
    Queued(u64),
    /// There will be none.
    Refused(Refusal),
}

/// What somebody who gave up is told.
pub(crate) enum Left {
    /// It was answered at this moment: the answer is on its way.
    Answered,
    /// It waited in vain, for this reason.
    InVain(Refusal),
}

impl<K: Kind> Core<K> {
    /// The slow way in, for whom the fast one was closed.
    pub(crate) fn join(&mut self, account: &Shared<K>, waiter: K::Waiter, now: Micros) -> Joined<K> {
        if account.slots.word.is_retired() {
            return Joined::Refused(Refusal::Closed);
        }
        let seat = self.seat(account);
        // From here on who gives one back comes this way too. What came back before it is idle and seen here.
        account.slots.word.set_slow();
        if seat.waiters.is_empty()
            && let Some((slot, seated)) = account.slots.take_any()
        {
            account.slots.word.clear_slow();
            return Joined::Got(slot, seated);
        }
        if seat.size() == 0
            && let Some(refusal) = self.refusal(account, now)
        {
            if seat_waits_for_none(self.seats.get(&account.id)) {
                account.slots.word.clear_slow();
            }
            self.settle(account.id);
            return Joined::Refused(refusal);
        }
        let number = self.number();
        if let Some(seat) = self.seats.get_mut(&account.id) {
            seat.waiters.insert(number, (waiter, now));
        }
        self.settle(account.id);
        // Who has all that it may have, or a login under way, asks for nothing.
        if self
            .seats
            .get(&account.id)
            .is_some_and(|seat| seat.queued.is_some())
        {
            self.dispatch(now);
        }
        Joined::Queued(number)
    }

    /// Why an account without a connection will get none for now.
    fn refusal(&self, account: &Shared<K>, now: Micros) -> Option<Refusal> {
        if let Some(trip) = self.breakers.open(account.tenant, now) {
            return Some(Refusal::Failed(trip.cause.clone(), trip.retry_after(now)));
        }
        let outage = self.outage.clone().filter(|_| self.target == 0)?;
        Some(Refusal::Failed(outage, Duration::ZERO))
    }

    /// Somebody in the queue gives up, at its deadline or because its caller has gone.
    pub(crate) fn leave(&mut self, account: &Shared<K>, number: u64, now: Micros) -> Left {
        let Some(seat) = self.seats.get_mut(&account.id) else {
            return Left::Answered;
        };
        if seat.waiters.remove(&number).is_none() {
            return Left::Answered;
        }
        if seat.waiters.is_empty() {
            account.slots.word.clear_slow();
        }
        let refusal = self.in_vain(account, now);
        self.settle(account.id);
        Left::InVain(refusal)
    }

    /// Why somebody waited in vain. Backends that the tenant does not get rid of are its own limit only while the server
    /// can be asked for them.
    fn in_vain(&self, account: &Shared<K>, now: Micros) -> Refusal {
        let seat = self.seats.get(&account.id);
        let size = seat.map_or(0, Seat::size);
        let leaving = seat.map_or(0, |seat| self.leaving(seat));
        if let Some(trip) = self.breakers.get(account.tenant) {
            Refusal::Failed(trip.cause.clone(), trip.retry_after(now))
        } else if self.login_is_stuck(account.id, now) {
            Refusal::Failed(unanswered(), Duration::from_micros(self.rate.stuck()))
        } else if size >= account.max {
            Refusal::OwnLimit
        } else if let Some(cause) = &self.outage {
            Refusal::Failed(cause.clone(), Duration::ZERO)
        } else if size + leaving >= account.max {
            Refusal::OwnLimit
        } else {
            let wait = self.rate.wait(self.rings.starving(), self.ledger.cap);
            match self.shortage.cause(now) {
                Some((cause, again)) => Refusal::Failed(cause, wait.max(Duration::from_micros(again))),
                None => Refusal::Budget(wait),
            }
        }
    }
}

fn seat_waits_for_none<K: Kind>(seat: Option<&Seat<K>>) -> bool {
    seat.is_none_or(|seat| seat.waiters.is_empty())
}

fn unanswered() -> ConnectFailure {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into()
}
