//! Lock-free index of resident tenants, which answers every hit.
//!
//! A tenant has one slot: its entry, or the opening that will make one. Every change of a slot is one compare-and-swap,
//! and all rules rest on it: of those who find a slot empty one inserts an opening and starts it; an opening becomes an
//! entry only while it is current; an invalidation empties the slot, whatever it holds, and so overtakes an opening
//! that has read the old state.
//!
//! Which entries stay is decided by [`residency`](crate::residency). A hit calls nothing there: moka's own `get`
//! records each hit in a log, which every 64th hit or so drains under locks (`bench/README.md`).

mod entry;
mod lease;
#[cfg(test)]
mod model;
mod retired;
mod stripe;
mod sync;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use papaya::{Compute, HashMap, Operation};

pub(crate) use self::entry::{Entry, stripes};
pub use self::lease::Lease;
pub(crate) use self::retired::Retired;
use crate::lookup::opening::{Opening, Waiter};
use crate::{TenantId, TenantPool};

/// What a tenant's slot holds.
pub(crate) enum Slot<P: TenantPool> {
    /// It is being opened.
    Opening(Opening<P>),
    /// It is resident.
    Resident(Arc<Entry<P>>),
}

impl<P: TenantPool> Clone for Slot<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Opening(opening) => Self::Opening(opening.clone()),
            Self::Resident(entry) => Self::Resident(Arc::clone(entry)),
        }
    }
}

/// What a slot has for a caller who wants a lease.
pub(crate) enum Found<P: TenantPool> {
    /// The tenant is resident.
    Lease(Lease<P>),
    /// It is being opened.
    Opening(Waiter<P>),
}

impl<P: TenantPool> Found<P> {
    fn at(slot: &Slot<P>) -> Option<Self> {
        match slot {
            Slot::Opening(opening) => opening.join().map(Self::Opening),
            // A retired one is on its way out.
            Slot::Resident(entry) => Lease::of(entry).map(Self::Lease),
        }
    }
}

pub(crate) struct Index<P: TenantPool> {
    slots: HashMap<TenantId, Slot<P>>,
    /// Entries in `slots`. Below zero for the moment between an entry's insertion and its being counted.
    residents: AtomicI64,
}

impl<P: TenantPool> Index<P> {
    pub(crate) fn new() -> Self {
        Self {
            slots: HashMap::new(),
            residents: AtomicI64::new(0),
        }
    }

    /// The hit: no lock, no allocation.
    pub(crate) fn lease(&self, tenant: TenantId) -> Option<Lease<P>> {
        match self.slots.pin().get(&tenant) {
            Some(Slot::Resident(entry)) => Lease::of(entry),
            _ => None,
        }
    }

    /// A lease on the tenant, or its opening.
    pub(crate) fn find(&self, tenant: TenantId) -> Option<Found<P>> {
        self.slots.pin().get(&tenant).and_then(Found::at)
    }

    /// As [`find`](Self::find), and inserts this opening into an empty slot.
    pub(crate) fn find_or_insert(&self, tenant: TenantId, opening: &Opening<P>) -> Option<Found<P>> {
        let slots = self.slots.pin();
        let change = slots.compute(tenant, |slot| match slot.and_then(|(_, slot)| Found::at(slot)) {
            Some(found) => Operation::Abort(found),
            None => Operation::Insert(Slot::Opening(opening.clone())),
        });
        match change {
            Compute::Aborted(found) => return Some(found),
            Compute::Updated {
                old: (_, Slot::Resident(_)),
                ..
            } => self.uncount(),
            Compute::Updated { .. } | Compute::Inserted(..) | Compute::Removed(..) => {}
        }
        None
    }

    /// Whether nothing has overtaken this opening so far.
    pub(crate) fn is_current(&self, tenant: TenantId, opening: &Opening<P>) -> bool {
        matches!(self.slots.pin().get(&tenant), Some(Slot::Opening(now)) if now.is(opening))
    }

    /// Replaces the opening by its entry. False when the opening was overtaken.
    pub(crate) fn insert_resident(&self, opening: &Opening<P>, entry: &Arc<Entry<P>>) -> bool {
        let inserted = self.replace(opening, entry);
        if inserted {
            self.residents.fetch_add(1, Ordering::AcqRel);
        }
        inserted
    }

    /// As [`insert_resident`](Self::insert_resident), if fewer than `max` are resident: counted first, so that no
    /// other has to go for it.
    pub(crate) fn insert_resident_below(
        &self,
        max: i64,
        opening: &Opening<P>,
        entry: &Arc<Entry<P>>,
    ) -> bool {
        let counted = self
            .residents
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
                (count < max).then_some(count + 1)
            });
        if counted.is_err() {
            return false;
        }
        let inserted = self.replace(opening, entry);
        if !inserted {
            self.uncount();
        }
        inserted
    }

    /// How many tenants are resident.
    pub(crate) fn residents(&self) -> i64 {
        self.residents.load(Ordering::Acquire)
    }

    fn replace(&self, opening: &Opening<P>, entry: &Arc<Entry<P>>) -> bool {
        let slots = self.slots.pin();
        let change = slots.compute(entry.body.tenant, |slot| match slot {
            Some((_, Slot::Opening(now))) if now.is(opening) => {
                Operation::Insert(Slot::Resident(Arc::clone(entry)))
            }
            _ => Operation::Abort(()),
        });
        matches!(change, Compute::Updated { .. })
    }

    /// Removes this opening; true when it was current.
    pub(crate) fn remove_opening(&self, tenant: TenantId, opening: &Opening<P>) -> bool {
        let is_it = |_: &TenantId, slot: &Slot<P>| matches!(slot, Slot::Opening(now) if now.is(opening));
        matches!(self.slots.pin().remove_if(&tenant, is_it), Ok(Some(_)))
    }

    /// Removes every opening that is in flight when this begins.
    pub(crate) fn remove_all_openings(&self) {
        for (tenant, slot) in &self.slots.pin() {
            if let Slot::Opening(opening) = slot {
                self.remove_opening(*tenant, opening);
            }
        }
    }

    /// What the tenant's slot holds now.
    pub(crate) fn slot(&self, tenant: TenantId) -> Option<Slot<P>> {
        self.slots.pin().get(&tenant).cloned()
    }

    /// Removes this very entry, not one that came after it; true when it was there.
    pub(crate) fn remove(&self, entry: &Arc<Entry<P>>) -> bool {
        let is_it =
            |_: &TenantId, slot: &Slot<P>| matches!(slot, Slot::Resident(now) if Arc::ptr_eq(now, entry));
        let removed = matches!(self.slots.pin().remove_if(&entry.body.tenant, is_it), Ok(Some(_)));
        if removed {
            self.uncount();
        }
        removed
    }

    /// Visits every entry that stays resident while this runs, and perhaps others.
    pub(crate) fn for_each_resident(&self, mut visit: impl FnMut(&Arc<Entry<P>>)) {
        self.for_each_slot(|_, slot| {
            if let Slot::Resident(entry) = slot {
                visit(entry);
            }
        });
    }

    /// Visits every slot that stays as it is while this runs, and perhaps others.
    pub(crate) fn for_each_slot(&self, mut visit: impl FnMut(TenantId, &Slot<P>)) {
        for (tenant, slot) in &self.slots.pin() {
            visit(*tenant, slot);
        }
    }

    fn uncount(&self) {
        self.residents.fetch_sub(1, Ordering::AcqRel);
    }
}
