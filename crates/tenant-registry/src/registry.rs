//! The registry: a lease by a tenant's id.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use moka::future::Cache;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use tokio::time::timeout;

use crate::entry::Entry;
use crate::epoch::Epochs;
use crate::maintenance;
use crate::reaper::Reaper;
use crate::{Counters, Lease, LeaseError, RegistryStats, TenantId, TenantPool, TenantSource};

/// How often an opening starts over because its tenant changed or left the cache meanwhile.
const ATTEMPTS: usize = 8;

/// What a registry does with the pools it keeps.
#[derive(Debug, Clone)]
pub struct RegistrySettings {
    /// The most tenants that are resident at once; past it the longest unused one goes.
    pub max_resident: u64,
    /// A pool that nobody leased for this long is closed.
    pub idle_timeout: Duration,
    /// How long the source may take to answer.
    pub open_timeout: Duration,
    /// How long the reaper waits for the leases and the borrowed connections of a pool that it closes.
    pub reap_deadline: Duration,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            max_resident: 10_000,
            idle_timeout: Duration::from_mins(10),
            open_timeout: Duration::from_secs(5),
            reap_deadline: Duration::from_secs(30),
        }
    }
}

/// Per-tenant pools, opened by the first lease and shared by all that follow. Cheap to clone.
///
/// A hit takes no lock and allocates nothing. A miss is single-flight: however many ask for a tenant at once,
/// its source is asked once and one pool is opened, in a task that no caller's cancellation ends. No tenant's
/// miss delays another tenant.
pub struct Registry<P: TenantPool> {
    inner: Arc<Inner<P>>,
}

pub(crate) struct Inner<P: TenantPool> {
    pub(crate) cache: Cache<TenantId, Arc<Entry<P>>>,
    source: Arc<dyn TenantSource>,
    settings: RegistrySettings,
    pool_settings: P::Settings,
    reaper: Reaper<P>,
    epochs: Epochs,
    counters: Arc<Counters>,
    closing: AtomicBool,
}

impl<P: TenantPool> Registry<P> {
    /// A registry over this source of tenants. Must be called within a tokio runtime.
    pub fn new(
        source: Arc<dyn TenantSource>,
        settings: RegistrySettings,
        pool_settings: P::Settings,
    ) -> Self {
        let counters = Arc::new(Counters::default());
        let reaper = Reaper::start(settings.reap_deadline, Arc::clone(&counters));
        let evicted = reaper.clone();
        let cache = Cache::builder()
            .max_capacity(settings.max_resident)
            // Not moka's default, which may refuse the newcomer in favour of the frequently used.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(settings.idle_timeout)
            .eviction_listener(move |_, entry, _| evicted.retire(&entry))
            .build();
        let inner = Arc::new(Inner {
            cache,
            source,
            pool_settings,
            reaper,
            epochs: Epochs::new(),
            counters,
            closing: AtomicBool::new(false),
            settings,
        });
        maintenance::start(&inner, inner.settings.idle_timeout);
        Self { inner }
    }

    /// The right to use this tenant's pool, which is opened if it is not resident.
    pub async fn lease(&self, tenant: TenantId) -> Result<Lease<P>, LeaseError> {
        if let Some(entry) = self.inner.cache.get(&tenant).await
            && let Some(lease) = Lease::of(entry)
        {
            return Ok(lease);
        }
        // A task of its own: a caller that goes away does not start the opening over for the others.
        tokio::spawn(Arc::clone(&self.inner).open(tenant))
            .await
            .unwrap_or_else(|panic| Err(LeaseError::lost(panic)))
    }

    /// Forgets the tenant's pool: what is leased goes on, the next lease asks the source again. Holds also
    /// against an opening that is under way.
    pub async fn invalidate(&self, tenant: TenantId) {
        self.inner.epochs.advance(tenant);
        self.inner.cache.invalidate(&tenant).await;
    }

    /// Refuses new leases, closes every pool as its leases end, and waits for that until the deadline.
    /// Returns what was counted; `open()` is what was left open.
    pub async fn shutdown(&self, deadline: Duration) -> RegistryStats {
        self.inner.closing.store(true, Ordering::SeqCst);
        for (tenant, entry) in &self.inner.cache {
            self.inner.reaper.retire(&entry);
            self.inner.cache.invalidate(&*tenant).await;
        }
        if timeout(deadline, self.inner.counters.all_closed()).await.is_err() {
            tracing::warn!(
                open = self.stats().open(),
                "pools were still open at the shutdown's deadline"
            );
        }
        self.stats()
    }

    /// Pools opened and closed so far.
    pub fn stats(&self) -> RegistryStats {
        self.inner.counters.stats()
    }
}

impl<P: TenantPool> Clone for Registry<P> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<P: TenantPool> Inner<P> {
    /// The miss: joins the tenant's opening or starts it, and leases what came of it.
    async fn open(self: Arc<Self>, tenant: TenantId) -> Result<Lease<P>, LeaseError> {
        for _ in 0..ATTEMPTS {
            let opening = self.load(tenant);
            let entry = self
                .cache
                .try_get_with(tenant, opening)
                .await
                .map_err(|shared| LeaseError::clone(&shared))?;
            let stale = entry.epoch != self.epochs.current(tenant);
            if stale || self.closing.load(Ordering::SeqCst) {
                self.discard(&entry).await;
                continue;
            }
            entry.publish();
            if let Some(lease) = Lease::of(entry) {
                return Ok(lease);
            }
        }
        Err(LeaseError::Overloaded)
    }

    async fn load(&self, tenant: TenantId) -> Result<Arc<Entry<P>>, LeaseError> {
        if self.closing.load(Ordering::SeqCst) {
            return Err(LeaseError::ShuttingDown);
        }
        let epoch = self.epochs.current(tenant);
        let spec = timeout(self.settings.open_timeout, self.source.load(tenant))
            .await
            .map_err(LeaseError::unavailable)??;
        self.counters.opened();
        Ok(Arc::new(Entry::new(
            tenant,
            P::open(spec, &self.pool_settings),
            epoch,
        )))
    }

    /// Takes this very entry out, not one that came after it.
    async fn discard(&self, stale: &Arc<Entry<P>>) {
        self.reaper.retire(stale);
        self.cache
            .entry(stale.tenant)
            .and_compute_with(async |now| match now {
                Some(now) if Arc::ptr_eq(now.value(), stale) => Op::Remove,
                _ => Op::Nop,
            })
            .await;
    }
}
