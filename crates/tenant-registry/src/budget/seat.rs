//! What the core knows of a tenant that waits or has connections.

use std::collections::BTreeMap;

use super::account::{Kind, Shared};
use super::rings::{Class, Ticket};
use super::slots::Micros;
use super::word::Slot;

pub(crate) struct Seat<K: Kind> {
    pub(crate) account: Shared<K>,
    /// In the order in which they came.
    pub(crate) waiters: BTreeMap<u64, (K::Waiter, Micros)>,
    pub(crate) open: u32,
    pub(crate) opening: u32,
    /// Being closed or in quarantine.
    pub(crate) leaving: u32,
    /// The tenant's other accounts that the core knows: what leaves them counts against its maximum here, too.
    pub(crate) siblings: Vec<u64>,
    /// Slots of open and opening connections, a bit each.
    taken: u64,
    /// The backends of open connections.
    pub(crate) backends: Vec<(Slot, i32)>,
    /// Its server is being tried without a login.
    pub(crate) reaching: bool,
    /// Its place in a ring.
    pub(crate) queued: Option<(Class, Ticket)>,
    /// It has left the registry: its idle connections are the first to go.
    pub(crate) retired: bool,
    /// It is closed: connections close as they come back.
    pub(crate) closed: bool,
}

impl<K: Kind> Seat<K> {
    pub(crate) fn new(account: Shared<K>, siblings: Vec<u64>) -> Self {
        Self {
            account,
            waiters: BTreeMap::new(),
            open: 0,
            opening: 0,
            leaving: 0,
            siblings,
            taken: 0,
            backends: Vec::new(),
            reaching: false,
            queued: None,
            retired: false,
            closed: false,
        }
    }

    /// Connections that it has or will have.
    pub(crate) fn size(&self) -> u32 {
        self.open + self.opening
    }

    /// In which ring it belongs. While one connection is opening, another is not asked for: five thousand waiters are
    /// no storm of logins. `leaving`: of all the tenant's accounts. A backend that is being closed may still run, and
    /// one that cannot be interrupted runs for minutes: until it is gone, the tenant has no other in its place.
    pub(crate) fn class(&self, floor: u32, leaving: u32) -> Option<Class> {
        let all = self.open + leaving >= self.account.max;
        if self.waiters.is_empty() || self.closed || self.reaching || self.opening > 0 || all {
            None
        } else if self.open < floor {
            Some(Class::BelowFloor)
        } else if self.open == 0 {
            Some(Class::Without)
        } else {
            Some(Class::More)
        }
    }

    /// Whether all that is left of it is its account.
    pub(crate) fn is_vacant(&self) -> bool {
        self.size() == 0 && self.leaving == 0 && self.waiters.is_empty() && !self.reaching
    }

    /// Takes the lowest free slot.
    pub(crate) fn take_slot(&mut self) -> Option<Slot> {
        let slot = self.taken.trailing_ones();
        (slot < self.account.max).then(|| {
            self.taken |= 1 << slot;
            slot
        })
    }

    pub(crate) fn free_slot(&mut self, slot: Slot) {
        self.taken &= !(1 << slot);
        self.backends.retain(|(of, _)| *of != slot);
    }

    /// Since when the first of those who wait has waited.
    pub(crate) fn waiting_since(&self) -> Option<Micros> {
        self.waiters.first_key_value().map(|(_, (_, since))| *since)
    }
}
