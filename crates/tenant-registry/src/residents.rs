//! Who is there: a lock-free map from a tenant to its entry, or to the opening that will make one.
//!
//! Every change of a tenant's slot is one compare-and-swap on that slot, and all rules rest on it: of those who
//! find it empty one puts an opening in, and starts it; an opening becomes an entry only where it still stands;
//! an invalidation empties the slot, whatever it holds, and so overtakes an opening that has read the old state.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use papaya::{Compute, HashMap, Operation};

use crate::entry::Entry;
use crate::opening::Opening;
use crate::{Lease, TenantId, TenantPool};

/// What stands for a tenant.
pub(crate) enum Slot<P> {
    /// It is being opened.
    Opening(Opening<P>),
    /// It is resident.
    Resident(Arc<Entry<P>>),
}

impl<P> Clone for Slot<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Opening(opening) => Self::Opening(opening.clone()),
            Self::Resident(entry) => Self::Resident(Arc::clone(entry)),
        }
    }
}

/// What stands in a slot for someone who wants a lease.
pub(crate) enum Found<P: TenantPool> {
    /// The tenant is resident.
    Lease(Lease<P>),
    /// It is being opened.
    Opening(Opening<P>),
}

impl<P: TenantPool> Found<P> {
    fn at(slot: &Slot<P>) -> Option<Self> {
        match slot {
            Slot::Opening(opening) => Some(Self::Opening(opening.clone())),
            // A retired one is on its way out.
            Slot::Resident(entry) => Lease::of(entry).map(Self::Lease),
        }
    }
}

pub(crate) struct Residents<P> {
    slots: HashMap<TenantId, Slot<P>>,
    /// Entries in `slots`, less those that [`claim`](Self::claim) has promised to take out. Below zero for the
    /// moment between an entry's arrival and its being counted.
    count: AtomicI64,
}

impl<P: TenantPool> Residents<P> {
    pub(crate) fn new() -> Self {
        Self {
            slots: HashMap::new(),
            count: AtomicI64::new(0),
        }
    }

    /// The hit: no lock, no allocation.
    pub(crate) fn lease(&self, tenant: TenantId) -> Option<Lease<P>> {
        match self.slots.pin().get(&tenant) {
            Some(Slot::Resident(entry)) => Lease::of(entry),
            _ => None,
        }
    }

    /// The miss looks again: what stands there.
    pub(crate) fn find(&self, tenant: TenantId) -> Option<Found<P>> {
        self.slots.pin().get(&tenant).and_then(Found::at)
    }

    /// As [`find`](Self::find), and puts this opening where nothing stands.
    pub(crate) fn find_or_insert(&self, tenant: TenantId, opening: &Opening<P>) -> Option<Found<P>> {
        let slots = self.slots.pin();
        let change = slots.compute(tenant, |slot| match slot.and_then(|(_, slot)| Found::at(slot)) {
            Some(found) => Operation::Abort(found),
            None => Operation::Insert(Slot::Opening(opening.clone())),
        });
        match change {
            Compute::Aborted(found) => return Some(found),
            Compute::Updated { old: (_, old), .. } => self.uncount(old),
            Compute::Inserted(..) | Compute::Removed(..) => {}
        }
        None
    }

    /// Whether this opening was not overtaken so far.
    pub(crate) fn stands(&self, tenant: TenantId, opening: &Opening<P>) -> bool {
        matches!(self.slots.pin().get(&tenant), Some(Slot::Opening(now)) if now.is(opening))
    }

    /// Makes the entry resident in the place of its opening. False when that was overtaken.
    pub(crate) fn settle(&self, opening: &Opening<P>, entry: &Arc<Entry<P>>) -> bool {
        let settled = self.put(opening, entry);
        if settled {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        settled
    }

    /// As [`settle`](Self::settle), if fewer than `max` are resident: the place is taken first, so that nobody has to go
    /// for it.
    pub(crate) fn settle_in_room(&self, opening: &Opening<P>, entry: &Arc<Entry<P>>, max: i64) -> bool {
        let room = self
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < max).then_some(count + 1)
            });
        if room.is_err() {
            return false;
        }
        let settled = self.put(opening, entry);
        if !settled {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
        settled
    }

    pub(crate) fn has_room(&self, max: i64) -> bool {
        self.count() < max
    }

    pub(crate) fn count(&self) -> i64 {
        self.count.load(Ordering::Relaxed)
    }

    fn put(&self, opening: &Opening<P>, entry: &Arc<Entry<P>>) -> bool {
        let slots = self.slots.pin();
        let change = slots.compute(entry.body.tenant, |slot| match slot {
            Some((_, Slot::Opening(now))) if now.is(opening) => {
                Operation::Insert(Slot::Resident(Arc::clone(entry)))
            }
            _ => Operation::Abort(()),
        });
        matches!(change, Compute::Updated { .. })
    }

    /// Takes this opening out; true when it still stood.
    pub(crate) fn abandon(&self, tenant: TenantId, opening: &Opening<P>) -> bool {
        let is_it = |_: &TenantId, slot: &Slot<P>| matches!(slot, Slot::Opening(now) if now.is(opening));
        matches!(self.slots.pin().remove_if(&tenant, is_it), Ok(Some(_)))
    }

    /// Takes out every opening that is under way when this begins.
    pub(crate) fn abandon_all(&self) {
        for (tenant, slot) in &self.slots.pin() {
            if let Slot::Opening(opening) = slot {
                self.abandon(*tenant, opening);
            }
        }
    }

    /// What stands there now.
    pub(crate) fn at(&self, tenant: TenantId) -> Option<Slot<P>> {
        self.slots.pin().get(&tenant).cloned()
    }

    /// Takes out this very entry, not one that came after it; true when it was there.
    pub(crate) fn take_out(&self, entry: &Arc<Entry<P>>) -> bool {
        let removed = self.remove(entry);
        if removed {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
        removed
    }

    /// If more than `max` are resident, counts one less and returns true: the caller takes one out by
    /// [`take_out_claimed`](Self::take_out_claimed), or gives the claim back. So no two callers take out more
    /// than what is too much.
    pub(crate) fn claim(&self, max: i64) -> bool {
        self.count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count > max).then_some(count - 1)
            })
            .is_ok()
    }

    pub(crate) fn unclaim(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// True when it was there and is out now.
    pub(crate) fn take_out_claimed(&self, entry: &Arc<Entry<P>>) -> bool {
        self.remove(entry)
    }

    /// Shows every entry that stays resident while this runs, and perhaps others.
    pub(crate) fn each(&self, mut show: impl FnMut(&Arc<Entry<P>>)) {
        self.each_slot(|_, slot| {
            if let Slot::Resident(entry) = slot {
                show(entry);
            }
        });
    }

    /// Shows every slot that stays as it is while this runs, and perhaps others.
    pub(crate) fn each_slot(&self, mut show: impl FnMut(TenantId, &Slot<P>)) {
        for (tenant, slot) in &self.slots.pin() {
            show(*tenant, slot);
        }
    }

    fn remove(&self, entry: &Arc<Entry<P>>) -> bool {
        let is_it =
            |_: &TenantId, slot: &Slot<P>| matches!(slot, Slot::Resident(now) if Arc::ptr_eq(now, entry));
        matches!(self.slots.pin().remove_if(&entry.body.tenant, is_it), Ok(Some(_)))
    }

    fn uncount(&self, slot: &Slot<P>) {
        if let Slot::Resident(_) = slot {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
