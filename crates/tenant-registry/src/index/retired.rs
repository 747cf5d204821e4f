//! Pools that left the registry and are not closed yet.
//!
//! An entry is added here before it leaves the index, so that a reader of the index first and of this second misses
//! no entry that may still be leased.

use std::sync::Arc;

use dashmap::{DashMap, Entry as Slot};

use super::entry::Entry;
use crate::{TenantId, TenantPool};

/// By tenant. One may have several: each change while leases are held leaves one.
pub(crate) struct Retired<P>(DashMap<TenantId, Vec<Arc<Entry<P>>>>);

impl<P: TenantPool> Retired<P> {
    pub(crate) fn new() -> Self {
        Self(DashMap::new())
    }

    /// Retires the entry and keeps it. True for the one caller who retired it; for all others it is kept already
    /// when this returns, or closed.
    pub(crate) fn add(&self, entry: &Arc<Entry<P>>) -> bool {
        // Locked before the entry is retired: who finds it retired waits here until it is kept.
        let slot = self.0.entry(entry.body.tenant);
        let first = entry.retire();
        if first {
            match slot {
                Slot::Occupied(mut of_tenant) => of_tenant.get_mut().push(Arc::clone(entry)),
                Slot::Vacant(vacant) => drop(vacant.insert(vec![Arc::clone(entry)])),
            }
        }
        first
    }

    pub(crate) fn remove(&self, entry: &Arc<Entry<P>>) {
        self.0.remove_if_mut(&entry.body.tenant, |_, of_tenant| {
            of_tenant.retain(|other| !Arc::ptr_eq(other, entry));
            of_tenant.is_empty()
        });
    }

    pub(crate) fn of(&self, tenant: TenantId) -> Vec<Arc<Entry<P>>> {
        self.0
            .get(&tenant)
            .map(|of_tenant| of_tenant.clone())
            .unwrap_or_default()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Entry<P>>> {
        self.0.iter().flat_map(|of_tenant| of_tenant.clone()).collect()
    }
}
