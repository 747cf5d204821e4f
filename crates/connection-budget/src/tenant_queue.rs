//! Waiter queue and connection counts of an account.

use std::collections::BTreeMap;

use super::account::{EngineTypes, SharedAccount};
use super::idle_bitmap::Slot;
use super::priority_queues::{Priority, Ticket};
use super::slots::Microseconds;

pub(crate) struct TenantQueue<E: EngineTypes> {
    pub(crate) account: SharedAccount<E>,
    /// By id, in order of arrival.
    pub(crate) waiters: BTreeMap<u64, (E::Waiter, Microseconds)>,
    pub(crate) open: u32,
    pub(crate) opening: u32,
    /// Backends being closed or in quarantine.
    pub(crate) closing: u32,
    /// The tenant's other accounts in the core: their closing backends count against its maximum as well.
    pub(crate) other_accounts: Vec<u64>,
    /// Bitmap of the slots of open and opening connections.
    taken_slots: u64,
    /// The backends of open connections.
    pub(crate) backends: Vec<(Slot, i32)>,
    /// A probe of its server is in flight.
    pub(crate) probing: bool,
    /// Its entry in the priority queues.
    pub(crate) enqueued_as: Option<(Priority, Ticket)>,
    /// Retired: its idle connections are the first to be stolen.
    pub(crate) retired: bool,
    /// Closed: connections close when they are given back.
    pub(crate) closed: bool,
}

impl<E: EngineTypes> TenantQueue<E> {
    pub(crate) fn new(account: SharedAccount<E>, other_accounts: Vec<u64>) -> Self {
        Self {
            account,
            waiters: BTreeMap::new(),
            open: 0,
            opening: 0,
            closing: 0,
            other_accounts,
            taken_slots: 0,
            backends: Vec::new(),
            probing: false,
            enqueued_as: None,
            retired: false,
            closed: false,
        }
    }

    /// Open and opening connections.
    pub(crate) fn size(&self) -> u32 {
        self.open + self.opening
    }

    /// The priority queue in which the account belongs; `None` if it needs no login. One connection opens at a time, so
    /// that thousands of waiters cause no storm of logins. `tenant_closing`: of all the tenant's accounts. A backend
    /// being closed may keep running for minutes, so it counts against the maximum until it is gone.
    pub(crate) fn priority(&self, floor: u32, tenant_closing: u32) -> Option<Priority> {
        let at_max = self.open + tenant_closing >= self.account.max;
        if self.waiters.is_empty() || self.closed || self.probing || self.opening > 0 || at_max {
            None
        } else if self.open < floor {
            Some(Priority::BelowFloor)
        } else if self.open == 0 {
            Some(Priority::NoConnection)
        } else {
            Some(Priority::OneMore)
        }
    }

    /// Whether the account has no connections, waiters or probe.
    pub(crate) fn is_unused(&self) -> bool {
        self.size() == 0 && self.closing == 0 && self.waiters.is_empty() && !self.probing
    }

    /// Takes the lowest free slot.
    pub(crate) fn take_slot(&mut self) -> Option<Slot> {
        let slot = self.taken_slots.trailing_ones();
        (slot < self.account.max).then(|| {
            self.taken_slots |= 1 << slot;
            slot
        })
    }

    pub(crate) fn free_slot(&mut self, slot: Slot) {
        self.taken_slots &= !(1 << slot);
        self.backends.retain(|(of, _)| *of != slot);
    }

    /// Since when the longest waiter waits.
    pub(crate) fn waiting_since(&self) -> Option<Microseconds> {
        self.waiters.first_key_value().map(|(_, (_, since))| *since)
    }
}
