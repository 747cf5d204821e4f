//! Closing of connections: confirmed closes, closed accounts, idle timeouts and excess permits.

use std::collections::HashSet;

use super::{Core, EngineTypes, PermitState, Refusal, SharedAccount};
use crate::idle_bitmap::Slot;
use crate::slots::Microseconds;

impl<E: EngineTypes> Core<E> {
    /// The server no longer lists the backend.
    pub(crate) fn backend_closed(
        &mut self,
        account: &SharedAccount<E>,
        in_flight: Option<u64>,
        now: Microseconds,
    ) {
        self.backend_gone(account, in_flight, PermitState::Closing, now);
    }

    /// The connection was closed, but the server could not be queried for its backend.
    pub(crate) fn close_unconfirmed(&mut self, in_flight: Option<u64>, now: Microseconds) {
        if let Some(in_flight) = in_flight {
            self.end_in_flight(in_flight);
        }
        self.transfer(PermitState::Closing, PermitState::Quarantine);
        self.dispatch(now);
    }

    /// A backend in quarantine is known to be gone.
    pub(crate) fn quarantine_resolved(&mut self, account: &SharedAccount<E>, now: Microseconds) {
        self.backend_gone(account, None, PermitState::Quarantine, now);
    }

    fn backend_gone(
        &mut self,
        account: &SharedAccount<E>,
        in_flight: Option<u64>,
        from: PermitState,
        now: Microseconds,
    ) {
        if let Some(in_flight) = in_flight {
            self.end_in_flight(in_flight);
        }
        self.transfer(from, PermitState::Free);
        self.trim_cap();
        if let Some(queue) = self.queues.get_mut(&account.id) {
            queue.closing = queue.closing.saturating_sub(1);
        }
        self.update_position(account.id);
        self.dispatch(now);
    }

    /// Retires the account: its holders continue, and its idle connections are the first to be stolen.
    pub(crate) fn retire(&mut self, account: &SharedAccount<E>, now: Microseconds) {
        if let Some(queue) = self.queues.get_mut(&account.id) {
            queue.retired = true;
        }
        self.update_position(account.id);
        // A retired account has no floor.
        self.dispatch(now);
    }

    /// Closes the account: refuses its waiters, closes idle connections now and others when they are given back.
    pub(crate) fn close_account(&mut self, account: &SharedAccount<E>, now: Microseconds) {
        account.slots.idle.close();
        let Some(queue) = self.queues.get_mut(&account.id) else {
            return;
        };
        queue.closed = true;
        self.refuse_all(account.id, &Refusal::Closed);
        for slot in account.slots.idle.slots() {
            self.take_and_close(account, slot);
        }
        self.update_position(account.id);
        self.dispatch(now);
    }

    /// Whether the account has no connections and no backends left.
    pub(crate) fn is_drained(&self, account: &SharedAccount<E>) -> bool {
        self.queues
            .get(&account.id)
            .is_none_or(super::TenantQueue::is_unused)
    }

    /// The backends of the account's open connections.
    pub(crate) fn backends(&self, account: &SharedAccount<E>) -> Vec<i32> {
        self.queues.get(&account.id).map_or_else(Vec::new, |queue| {
            queue.backends.iter().map(|(_, pid)| *pid).collect()
        })
    }

    /// The backends of all open connections.
    pub(crate) fn all_backends(&self) -> Vec<i32> {
        let backends = self.queues.values().flat_map(|queue| &queue.backends);
        backends.map(|(_, pid)| *pid).collect()
    }

    /// The sentinel reconnected, and the server has these backends. Closes idle connections whose backends are gone;
    /// connections in use fail by themselves. `restarted`: all earlier backends are gone.
    pub(crate) fn server_returned(&mut self, alive: &HashSet<i32>, restarted: bool, now: Microseconds) {
        if restarted {
            self.epoch = self.epoch.wrapping_add(1);
            self.end_shortage();
        }
        for (account, slot) in self.idle_connections() {
            let backends = self.queues.get(&account.id).map(|queue| &queue.backends);
            let lives = backends.is_some_and(|backends| {
                backends
                    .iter()
                    .any(|(of, pid)| *of == slot && alive.contains(pid))
            });
            if restarted || !lives {
                self.take_and_close(&account, slot);
                self.update_position(account.id);
            }
        }
        self.dispatch(now);
    }

    /// Closes connections past the idle timeout or above the cap, and dispatches.
    pub(crate) fn tick(&mut self, now: Microseconds) {
        self.grow_back(now);
        for (account, slot) in self.idle_connections() {
            let idle = now.saturating_sub(account.slots.idle_since(slot));
            let queue = self.queues.get(&account.id);
            let above_floor = queue.is_some_and(|queue| queue.open > self.floor(queue));
            if idle >= self.age_limits.idle && above_floor {
                self.take_and_close(&account, slot);
                self.update_position(account.id);
            }
        }
        self.shrink(now);
        self.dispatch(now);
    }

    /// Connections above the attainable cap that are not being closed yet.
    pub(super) fn excess(&self) -> u32 {
        let going = self.ledger.closing + self.ledger.quarantine;
        self.ledger
            .cap
            .saturating_sub(self.attainable_cap())
            .saturating_sub(going)
    }

    /// Closes the least recently used idle connections until none is above the cap.
    pub(super) fn shrink(&mut self, now: Microseconds) {
        while self.excess() > 0 {
            let Some((account, slot, pooled)) = self.take_victim(None, now) else {
                return;
            };
            self.close(&account, slot, pooled, None);
            self.update_position(account.id);
        }
    }

    fn take_and_close(&mut self, account: &SharedAccount<E>, slot: Slot) {
        // If it was taken meanwhile, it closes when it is given back.
        if let Some(pooled) = account.slots.take_this(slot) {
            self.close(account, slot, pooled, None);
        }
    }

    fn idle_connections(&self) -> Vec<(SharedAccount<E>, Slot)> {
        let of = |queue: &super::TenantQueue<E>| {
            let account = SharedAccount::clone(&queue.account);
            let slots: Vec<Slot> = account.slots.idle.slots().collect();
            slots
                .into_iter()
                .map(move |slot| (SharedAccount::clone(&account), slot))
        };
        self.queues.values().flat_map(of).collect()
    }
}
