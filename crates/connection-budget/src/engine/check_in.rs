//! Check-in of connections by way of the engine: for waiters, or to be closed.

use super::{Core, Effect, EngineTypes, PermitState, PooledConnection, SharedAccount, Slot, TenantQueue};
use crate::slots::Microseconds;

impl<E: EngineTypes> Core<E> {
    /// A clean connection is given back: to a waiter of the tenant, to other tenants, or idle.
    pub(crate) fn give_back(
        &mut self,
        account: &SharedAccount<E>,
        slot: Slot,
        pooled: PooledConnection<E::Connection>,
        now: Microseconds,
    ) {
        let Some(queue) = self.queues.get(&account.id) else {
            // The last waiter left after the fast path was found closed.
            return self.make_idle(account, slot, pooled, now);
        };
        if queue.closed || self.is_spent(&pooled, now) || self.excess() > 0 {
            return self.discard(account, slot, pooled, false, now);
        }
        if self.must_yield(queue, &pooled, now) {
            return self.discard(account, slot, pooled, true, now);
        }
        self.grant_or_make_idle(account, slot, pooled, now);
        self.update_position(account.id);
        if self.priority_queues.waiting_tenants() > 0 {
            self.dispatch(now);
        }
    }

    /// Grants the connection to the tenant's longest waiter, or makes it idle.
    pub(super) fn grant_or_make_idle(
        &mut self,
        account: &SharedAccount<E>,
        slot: Slot,
        pooled: PooledConnection<E::Connection>,
        now: Microseconds,
    ) {
        let first = self.queues.get_mut(&account.id).and_then(|queue| {
            let first = queue.waiters.pop_first();
            if queue.waiters.is_empty() {
                account.slots.idle.clear_has_waiters();
            }
            first
        });
        match first {
            Some((_, (waiter, _))) => {
                let account = SharedAccount::clone(account);
                self.out.push(Effect::Grant(waiter, account, slot, pooled));
            }
            None => self.make_idle(account, slot, pooled, now),
        }
    }

    fn make_idle(
        &mut self,
        account: &SharedAccount<E>,
        slot: Slot,
        pooled: PooledConnection<E::Connection>,
        now: Microseconds,
    ) {
        if let Err(pooled) = account.slots.put_despite_waiters(slot, pooled, now) {
            self.close(account, slot, pooled, None);
        }
    }

    /// Closes a connection that must not be used again.
    pub(crate) fn discard(
        &mut self,
        account: &SharedAccount<E>,
        slot: Slot,
        pooled: PooledConnection<E::Connection>,
        steals: bool,
        now: Microseconds,
    ) {
        let in_flight = steals.then(|| self.begin_in_flight(account.id, true, now));
        self.close(account, slot, pooled, in_flight);
        self.update_position(account.id);
        self.dispatch(now);
    }

    /// Whether the connection is past its lifetime, or of an earlier epoch.
    fn is_spent(&self, pooled: &PooledConnection<E::Connection>, now: Microseconds) -> bool {
        pooled.epoch != self.epoch || now.saturating_sub(pooled.opened) >= self.age_limits.lifetime
    }

    /// Whether the tenant has to yield the connection even if it has waiters: other tenants wait, a login could start
    /// for them, and this tenant has more than its share or the connection has had its turn.
    fn must_yield(
        &self,
        queue: &TenantQueue<E>,
        pooled: &PooledConnection<E::Connection>,
        now: Microseconds,
    ) -> bool {
        self.priority_queues.waiting_tenants() > self.steals_in_flight(now)
            && self.ledger.free == 0
            && self.login_could_start(now)
            && queue.open > self.floor(queue)
            && (queue.open > self.share()
                || now.saturating_sub(pooled.opened) >= self.login_rate.turn_length())
    }

    /// An equal share of the cap for each contending account.
    fn share(&self) -> u32 {
        let contending = u32::try_from(self.queues.len()).unwrap_or(u32::MAX).max(1);
        (self.ledger.cap / contending).max(1)
    }

    /// Starts the closing of an open connection.
    pub(super) fn close(
        &mut self,
        account: &SharedAccount<E>,
        slot: Slot,
        pooled: PooledConnection<E::Connection>,
        in_flight: Option<u64>,
    ) {
        if let Some(queue) = self.queues.get_mut(&account.id) {
            queue.open = queue.open.saturating_sub(1);
            queue.closing += 1;
            queue.free_slot(slot);
        }
        self.transfer(PermitState::Open, PermitState::Closing);
        self.out
            .push(Effect::Close(SharedAccount::clone(account), pooled, in_flight));
    }
}
