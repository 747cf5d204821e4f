//! Start and outcome of logins.

use pg_session::ConnectFailure;

use super::{Core, EngineTypes, InFlightId, PermitState, PooledConnection, Refusal, SharedAccount, Slot};
use crate::slots::Microseconds;

/// A failed login.
#[derive(Debug)]
pub(crate) struct LoginFailed {
    pub(crate) cause: ConnectFailure,
    /// The server did not answer in time.
    pub(crate) timed_out: bool,
    /// The server may still have a backend of the login: the permit goes into quarantine.
    pub(crate) lingers: bool,
}

impl<E: EngineTypes> Core<E> {
    /// Starts a login of this account with a free permit. False if it has no free slot.
    pub(super) fn start_login(&mut self, id: u64, now: Microseconds) -> bool {
        debug_assert!(
            self.queues
                .get(&id)
                .is_none_or(|queue| queue.size() + self.closing_of_tenant(queue) < queue.account.max),
            "a login beyond the tenant's maximum"
        );
        let Some(queue) = self.queues.get_mut(&id) else {
            return false;
        };
        let Some(slot) = queue.take_slot() else {
            return false;
        };
        queue.opening += 1;
        let account = SharedAccount::clone(&queue.account);
        self.transfer(PermitState::Free, PermitState::Opening);
        let in_flight = self.begin_in_flight(id, false, now);
        self.update_position(id);
        self.out.push(super::Effect::Login(account, slot, in_flight));
        true
    }

    /// A login succeeded.
    pub(crate) fn logged_in(
        &mut self,
        account: &SharedAccount<E>,
        slot: Slot,
        in_flight: InFlightId,
        pooled: PooledConnection<E::Connection>,
        took: Microseconds,
        now: Microseconds,
    ) {
        self.end_in_flight(in_flight);
        self.breakers.forget(account.tenant);
        let busy = self.priority_queues.waiting_tenants() > 0;
        self.login_rate.record(took, now, busy);
        self.transfer(PermitState::Opening, PermitState::Open);
        let mut closed = false;
        if let Some(queue) = self.queues.get_mut(&account.id) {
            queue.opening -= 1;
            queue.open += 1;
            queue.backends.push((slot, pooled.pid));
            closed = queue.closed;
        }
        if closed || pooled.epoch != self.epoch || self.excess() > 0 {
            self.close(account, slot, pooled, None);
        } else {
            self.grant_or_make_idle(account, slot, pooled, now);
        }
        self.update_position(account.id);
        self.dispatch(now);
    }

    /// A login failed.
    pub(crate) fn login_failed(
        &mut self,
        account: &SharedAccount<E>,
        slot: Slot,
        in_flight: InFlightId,
        failed: LoginFailed,
        now: Microseconds,
    ) {
        self.end_in_flight(in_flight);
        let fate = if failed.lingers {
            PermitState::Quarantine
        } else {
            PermitState::Free
        };
        self.transfer(PermitState::Opening, fate);
        if let Some(queue) = self.queues.get_mut(&account.id) {
            queue.opening -= 1;
            queue.free_slot(slot);
            queue.closing += u32::from(failed.lingers);
        }
        self.trim_cap();
        self.failed(account, failed.cause, failed.timed_out, now);
        self.dispatch(now);
    }

    /// The probe of the tenant's server has ended.
    pub(crate) fn probed(
        &mut self,
        account: &SharedAccount<E>,
        outcome: Result<(), ConnectFailure>,
        now: Microseconds,
    ) {
        if let Some(queue) = self.queues.get_mut(&account.id) {
            queue.probing = false;
        }
        match outcome {
            Ok(()) => {
                self.breakers.server_answered(account.tenant);
                self.update_position(account.id);
            }
            Err(cause) => self.failed(account, cause, true, now),
        }
        self.dispatch(now);
    }

    /// Records a failure, and refuses all waiters unless the account has a connection that may be given back.
    fn failed(
        &mut self,
        account: &SharedAccount<E>,
        cause: ConnectFailure,
        timed_out: bool,
        now: Microseconds,
    ) {
        let retry_after = self.breakers.trip(account.tenant, cause.clone(), timed_out, now);
        if self.queues.get(&account.id).is_some_and(|queue| queue.open == 0) {
            self.refuse_all(account.id, &Refusal::login_failed(cause, retry_after));
        }
        self.update_position(account.id);
    }
}
