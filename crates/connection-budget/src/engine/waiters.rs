//! Enqueueing and cancellation of waiters.

use std::time::Duration;

use pg_session::ConnectFailure;

use super::{Core, EngineTypes, PooledConnection, Refusal, SharedAccount, Slot, TenantQueue};
use crate::slots::Microseconds;

/// The outcome of [`Core::enqueue`].
pub(crate) enum EnqueueOutcome<E: EngineTypes> {
    /// A connection became idle meanwhile.
    Granted(Slot, PooledConnection<E::Connection>),
    /// The waiter is queued under this id.
    Queued(u64),
    /// No connection will be available.
    Refused(Refusal),
}

/// The outcome of [`Core::cancel_wait`].
pub(crate) enum CancelOutcome {
    /// The waiter was answered meanwhile: the answer is in its channel.
    AlreadyAnswered,
    /// No connection came in time, for this reason.
    TimedOut(Refusal),
}

impl<E: EngineTypes> Core<E> {
    /// Enqueues a waiter when no idle connection is available.
    pub(crate) fn enqueue(
        &mut self,
        account: &SharedAccount<E>,
        waiter: E::Waiter,
        now: Microseconds,
    ) -> EnqueueOutcome<E> {
        if account.slots.idle.is_closed() {
            return EnqueueOutcome::Refused(Refusal::Closed);
        }
        let queue = self.queue_of(account);
        // From here on connections are given back through the core; one given back before is idle and found below.
        account.slots.idle.set_has_waiters();
        if queue.waiters.is_empty()
            && let Some((slot, pooled)) = account.slots.take_any()
        {
            account.slots.idle.clear_has_waiters();
            return EnqueueOutcome::Granted(slot, pooled);
        }
        if queue.size() == 0
            && let Some(refusal) = self.immediate_refusal(account, now)
        {
            if has_no_waiters(self.queues.get(&account.id)) {
                account.slots.idle.clear_has_waiters();
            }
            self.update_position(account.id);
            return EnqueueOutcome::Refused(refusal);
        }
        let id = self.next_id();
        if let Some(queue) = self.queues.get_mut(&account.id) {
            queue.waiters.insert(id, (waiter, now));
        }
        self.update_position(account.id);
        // A tenant at its maximum, or with a login in flight, needs no dispatch.
        if self
            .queues
            .get(&account.id)
            .is_some_and(|queue| queue.enqueued_as.is_some())
        {
            self.dispatch(now);
        }
        EnqueueOutcome::Queued(id)
    }

    /// The refusal of an account without connections that cannot get one now.
    fn immediate_refusal(&self, account: &SharedAccount<E>, now: Microseconds) -> Option<Refusal> {
        if let Some(trip) = self.breakers.open(account.tenant, now) {
            return Some(Refusal::login_failed(trip.cause.clone(), trip.retry_after(now)));
        }
        let outage = self.outage.clone().filter(|_| self.target == 0)?;
        Some(Refusal::login_failed(outage, Duration::ZERO))
    }

    /// Removes a waiter at its deadline, or when its caller is dropped.
    pub(crate) fn cancel_wait(
        &mut self,
        account: &SharedAccount<E>,
        id: u64,
        now: Microseconds,
    ) -> CancelOutcome {
        let Some(queue) = self.queues.get_mut(&account.id) else {
            return CancelOutcome::AlreadyAnswered;
        };
        if queue.waiters.remove(&id).is_none() {
            return CancelOutcome::AlreadyAnswered;
        }
        if queue.waiters.is_empty() {
            account.slots.idle.clear_has_waiters();
        }
        let refusal = self.timeout_refusal(account, now);
        self.update_position(account.id);
        CancelOutcome::TimedOut(refusal)
    }

    /// The refusal of a waiter that timed out. The tenant's unconfirmed backends count as its own limit only while the
    /// sentinel can query the server.
    fn timeout_refusal(&self, account: &SharedAccount<E>, now: Microseconds) -> Refusal {
        let queue = self.queues.get(&account.id);
        let size = queue.map_or(0, TenantQueue::size);
        let closing = queue.map_or(0, |queue| self.closing_of_tenant(queue));
        if let Some(trip) = self.breakers.get(account.tenant) {
            Refusal::login_failed(trip.cause.clone(), trip.retry_after(now))
        } else if self.login_is_stuck(account.id, now) {
            Refusal::login_failed(
                login_timed_out(),
                Duration::from_micros(self.login_rate.stuck_after()),
            )
        } else if size >= account.max {
            Refusal::PoolBusy
        } else if let Some(cause) = &self.outage {
            Refusal::login_failed(cause.clone(), Duration::ZERO)
        } else if size + closing >= account.max {
            Refusal::PoolBusy
        } else {
            let wait = self
                .login_rate
                .estimated_wait(self.priority_queues.waiting_tenants(), self.ledger.cap);
            match self.shortage.cause(now) {
                Some((cause, again)) => Refusal::login_failed(cause, wait.max(Duration::from_micros(again))),
                None => Refusal::BudgetSpent { retry_after: wait },
            }
        }
    }
}

fn has_no_waiters<E: EngineTypes>(queue: Option<&TenantQueue<E>>) -> bool {
    queue.is_none_or(|queue| queue.waiters.is_empty())
}

fn login_timed_out() -> ConnectFailure {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into()
}
