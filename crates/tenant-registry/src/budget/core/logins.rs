//! What became of a login.

use super::{Core, Kind, PipelineId, Place, Refusal, Seated, Shared, Slot};
use crate::budget::slots::Micros;
use crate::probe::ConnectFailure;

/// How a login failed.
#[derive(Debug)]
pub(crate) struct LoginFailed {
    pub(crate) cause: ConnectFailure,
    /// Nothing answered in time.
    pub(crate) silent: bool,
    /// The server may still have a backend of it: its permit goes into quarantine, and is not free.
    pub(crate) lingers: bool,
}

impl<K: Kind> Core<K> {
    /// Takes a free permit for one more connection of this account. False when it has no slot left.
    pub(super) fn start_login(&mut self, id: u64, now: Micros) -> bool {
        debug_assert!(
            self.seats
                .get(&id)
                .is_none_or(|seat| seat.size() + self.leaving(seat) < seat.account.max),
            "a login beyond the tenant's maximum"
        );
        let Some(seat) = self.seats.get_mut(&id) else {
            return false;
        };
        let Some(slot) = seat.take_slot() else {
            return false;
        };
        seat.opening += 1;
        let account = Shared::clone(&seat.account);
        self.shift(Place::Free, Place::Opening);
        let pipeline = self.begin_pipeline(id, false, now);
        self.settle(id);
        self.out.push(super::Effect::Login(account, slot, pipeline));
        true
    }

    /// A login was done, in so many microseconds.
    pub(crate) fn logged_in(
        &mut self,
        account: &Shared<K>,
        slot: Slot,
        pipeline: PipelineId,
        seated: Seated<K::Connection>,
        took: Micros,
        now: Micros,
    ) {
        self.end_pipeline(pipeline);
        self.breakers.forget(account.tenant);
        let busy = self.rings.starving() > 0;
        self.rate.done(took, now, busy);
        self.shift(Place::Opening, Place::Open);
        let mut closed = false;
        if let Some(seat) = self.seats.get_mut(&account.id) {
            seat.opening -= 1;
            seat.open += 1;
            seat.backends.push((slot, seated.pid));
            closed = seat.closed;
        }
        if closed || seated.epoch != self.epoch || self.excess() > 0 {
            self.close(account, slot, seated, None);
        } else {
            self.hand_on(account, slot, seated, now);
        }
        self.settle(account.id);
        self.dispatch(now);
    }

    /// A login failed.
    pub(crate) fn login_failed(
        &mut self,
        account: &Shared<K>,
        slot: Slot,
        pipeline: PipelineId,
        failed: LoginFailed,
        now: Micros,
    ) {
        self.end_pipeline(pipeline);
        let fate = if failed.lingers {
            Place::Quarantine
        } else {
            Place::Free
        };
        self.shift(Place::Opening, fate);
        if let Some(seat) = self.seats.get_mut(&account.id) {
            seat.opening -= 1;
            seat.free_slot(slot);
            seat.leaving += u32::from(failed.lingers);
        }
        self.freed();
        self.failed(account, failed.cause, failed.silent, now);
        self.dispatch(now);
    }

    /// The tenant's server was tried without a login.
    pub(crate) fn reached(&mut self, account: &Shared<K>, outcome: Result<(), ConnectFailure>, now: Micros) {
        if let Some(seat) = self.seats.get_mut(&account.id) {
            seat.reaching = false;
        }
        match outcome {
            Ok(()) => {
                self.breakers.reached(account.tenant);
                self.settle(account.id);
            }
            Err(cause) => self.failed(account, cause, true, now),
        }
        self.dispatch(now);
    }

    /// Remembers a failure, and tells it to all who wait, unless a connection of theirs may come back.
    fn failed(&mut self, account: &Shared<K>, cause: ConnectFailure, silent: bool, now: Micros) {
        let retry_after = self.breakers.trip(account.tenant, cause.clone(), silent, now);
        if self.seats.get(&account.id).is_some_and(|seat| seat.open == 0) {
            self.refuse_all(account.id, &Refusal::Failed(cause, retry_after));
        }
        self.settle(account.id);
    }
}
