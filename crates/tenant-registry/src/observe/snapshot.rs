//! Snapshot of a registry: its tenants, and their sums.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::index::{Entry, Slot};
use crate::observe::counters::{Departures, RegistryStats};
use crate::registry::Inner;
use crate::{PoolSnapshot, Registry, TenantId, TenantPool};

/// What a registry holds, by [`Registry::snapshot`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrySnapshot {
    /// In no order. A tenant that changed while it was leased is there more than once: its pool, and those that are
    /// retired.
    pub tenants: Vec<TenantSnapshot>,
    /// Their sums, and what was counted since the start.
    pub totals: RegistryTotals,
}

/// One tenant's place in a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantSnapshot {
    /// Whose it is.
    pub tenant: TenantId,
    /// Whether it gives leases.
    pub state: TenantState,
    /// Which of the tenant's changes it was opened by; `None` where the source does not count them, or has not
    /// answered yet.
    pub version: Option<u64>,
    /// Leases that are held now.
    pub leases: u64,
    /// How long it was neither held nor leased, to within a quarter of the idle timeout or five seconds, whichever is
    /// less.
    pub unused: Duration,
    /// Its pool; nothing yet while it is opening.
    pub pool: PoolSnapshot,
}

/// Whether a tenant's place in a registry gives leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantState {
    /// The source is asked; a lease waits for it.
    Opening,
    /// It gives leases.
    Resident,
    /// It gives no leases any more, and is closed after its last lease.
    Retired,
}

/// The sums over a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistryTotals {
    /// Tenants that are being opened.
    pub opening: usize,
    /// Tenants that are resident.
    pub resident: usize,
    /// Pools that left and are not closed yet.
    pub retired: usize,
    /// Leases that are held now, of resident and retired pools.
    pub leases: u64,
    /// The pools' sizes, summed.
    pub pool: PoolSnapshot,
    /// Pools opened and closed since the start.
    pub stats: RegistryStats,
    /// Pools that left since the start, by the reason.
    pub departures: Departures,
    /// Lookups since the start that gave no pool, whatever the reason.
    pub failures: u64,
    /// Tenants that are refused without asking the source now, since it has just said so.
    pub remembered: usize,
}

impl<P: TenantPool> Registry<P> {
    /// The state now. Reading it changes nothing: leases go on, and no tenant counts as used. Its parts are not of the
    /// very same moment.
    pub fn snapshot(&self) -> RegistrySnapshot {
        let registry = &*self.inner;
        let mut snapshot = RegistrySnapshot {
            tenants: Vec::new(),
            totals: registry.counted(),
        };
        let now = registry.clock.now();
        let mut residents = Vec::new();
        registry.index.for_each_slot(|tenant, slot| match slot {
            Slot::Opening(_) => snapshot.add(opening(tenant)),
            Slot::Resident(entry) => residents.push(Arc::clone(entry)),
        });
        // A retired one is added below, unless it is closed. An entry retires before another of its tenant is inserted,
        // so no tenant is counted twice where the index changed meanwhile.
        residents.retain(|entry| !entry.is_retired());
        for entry in &residents {
            snapshot.add(of(entry, TenantState::Resident, now));
        }
        // One may have retired since it was added.
        let added: HashSet<_> = residents.iter().map(Arc::as_ptr).collect();
        let retired = registry.reaper.retired().all();
        for entry in retired
            .iter()
            .filter(|entry| !added.contains(&Arc::as_ptr(entry)))
        {
            snapshot.add(of(entry, TenantState::Retired, now));
        }
        snapshot
    }
}

impl RegistrySnapshot {
    fn add(&mut self, tenant: TenantSnapshot) {
        let totals = &mut self.totals;
        match tenant.state {
            TenantState::Opening => totals.opening += 1,
            TenantState::Resident => totals.resident += 1,
            TenantState::Retired => totals.retired += 1,
        }
        totals.leases += tenant.leases;
        totals.pool.size += tenant.pool.size;
        totals.pool.idle += tenant.pool.idle;
        totals.pool.closing += tenant.pool.closing;
        totals.pool.max = totals.pool.max.saturating_add(tenant.pool.max);
        totals.pool.waiting += tenant.pool.waiting;
        self.tenants.push(tenant);
    }
}

impl<P: TenantPool> Inner<P> {
    /// The totals without any tenant.
    fn counted(&self) -> RegistryTotals {
        RegistryTotals {
            opening: 0,
            resident: 0,
            retired: 0,
            leases: 0,
            pool: PoolSnapshot::default(),
            stats: self.counters.stats(),
            departures: self.counters.departures(),
            failures: self.counters.failures(),
            remembered: self.negative_cache.len(),
        }
    }
}

fn opening(tenant: TenantId) -> TenantSnapshot {
    TenantSnapshot {
        tenant,
        state: TenantState::Opening,
        version: None,
        leases: 0,
        unused: Duration::ZERO,
        pool: PoolSnapshot::default(),
    }
}

fn of<P: TenantPool>(entry: &Entry<P>, state: TenantState, now: u64) -> TenantSnapshot {
    TenantSnapshot {
        tenant: entry.body.tenant,
        state,
        version: entry.version(),
        leases: entry.leases(),
        unused: Duration::from_millis(now.saturating_sub(entry.last_used(now))),
        pool: entry.body.pool.snapshot(),
    }
}
