//! Who left the registry and is not closed yet.
//!
//! An entry is put here before it leaves the map, so that whoever looks into the map first and here second misses
//! nobody who may still hold a lease.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::entry::Entry;
use crate::{TenantId, TenantPool};

/// One tenant may have several: each change while leases are held leaves one.
type Entries<P> = HashMap<TenantId, Vec<Arc<Entry<P>>>>;

pub(crate) struct Retired<P>(Mutex<Entries<P>>);

impl<P: TenantPool> Retired<P> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Retires the entry and keeps it. True for the one caller who retired it; it is here for all others as well
    /// when this returns, or closed already.
    pub(crate) fn add(&self, entry: &Arc<Entry<P>>) -> bool {
        let mut entries = self.entries();
        let first = entry.retire();
        if first {
            entries
                .entry(entry.body.tenant)
                .or_default()
                .push(Arc::clone(entry));
        }
        first
    }

    pub(crate) fn remove(&self, entry: &Arc<Entry<P>>) {
        let mut entries = self.entries();
        if let Some(of_tenant) = entries.get_mut(&entry.body.tenant) {
            of_tenant.retain(|other| !Arc::ptr_eq(other, entry));
            if of_tenant.is_empty() {
                entries.remove(&entry.body.tenant);
            }
        }
    }

    pub(crate) fn of(&self, tenant: TenantId) -> Vec<Arc<Entry<P>>> {
        self.entries().get(&tenant).cloned().unwrap_or_default()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Entry<P>>> {
        self.entries().values().flatten().cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, Entries<P>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
