//! Registry of tenant pools: a lease by a tenant's id.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::index::{self, Found, Index};
use crate::lookup::opener::{Opener, Purpose};
use crate::lookup::opening::{Opening, Outcome};
use crate::lookup::{Admission, NegativeCache, Outage};
use crate::observe::counters::Counters;
use crate::observe::outcome::OutcomeLabel;
use crate::reaper::Reaper;
use crate::reaper::reason::Reason;
use crate::residency::{self, Residency};
use crate::{Lease, LeaseError, RegistrySettings, RegistryStats, TenantId, TenantPool, TenantSource};

/// How often a lease starts over because its tenant changed or was evicted before it could be had.
const ATTEMPTS: usize = 8;

/// Per-tenant pools, opened by the first lease and shared by all that follow. Cheap to clone.
///
/// A hit takes no lock and allocates nothing. A miss is single-flight: however many callers ask for a tenant at once,
/// its source is asked once and one pool is opened, in a task that no caller's cancellation ends. No tenant's
/// miss delays another tenant.
pub struct Registry<P: TenantPool> {
    pub(crate) inner: Arc<Inner<P>>,
}

pub(crate) struct Inner<P: TenantPool> {
    pub(crate) index: Index<P>,
    pub(crate) residency: Residency<P>,
    pub(crate) source: Arc<dyn TenantSource>,
    pub(crate) negative_cache: NegativeCache,
    pub(crate) outage: Outage,
    pub(crate) admission: Admission,
    pub(crate) settings: RegistrySettings,
    pub(crate) pool_settings: P::Settings,
    pub(crate) reaper: Reaper<P>,
    pub(crate) clock: Clock,
    /// Of each entry.
    pub(crate) stripes: usize,
    pub(crate) counters: Arc<Counters>,
    pub(crate) closing: CancellationToken,
    /// Cancelled when the last handle of the registry is dropped.
    pub(crate) ended: CancellationToken,
}

impl<P: TenantPool> Drop for Inner<P> {
    fn drop(&mut self) {
        self.ended.cancel();
        self.counters.metrics.registry_ended(self.index.residents());
    }
}

impl<P: TenantPool> Registry<P> {
    /// A registry over this source of tenants. Must be called within a tokio runtime.
    pub fn new(
        source: Arc<dyn TenantSource>,
        settings: RegistrySettings,
        pool_settings: P::Settings,
    ) -> Self {
        let counters = Arc::new(Counters::new());
        let (residency, residency_task) = residency::new(&settings);
        let inner = Arc::new(Inner {
            index: Index::new(),
            residency,
            negative_cache: NegativeCache::new(&settings),
            outage: Outage::default(),
            admission: Admission::new(&settings),
            source,
            pool_settings,
            reaper: Reaper::start(settings.reap_deadline, Arc::clone(&counters)),
            clock: Clock::start(),
            stripes: index::stripes(),
            counters,
            closing: CancellationToken::new(),
            ended: CancellationToken::new(),
            settings,
        });
        residency_task.start(&inner);
        Self { inner }
    }

    /// The right to use this tenant's pool, which is opened if it is not resident.
    ///
    /// # Errors
    /// When the source has no way to the tenant, or the registry closes; see [`LeaseError`].
    pub async fn lease(&self, tenant: TenantId) -> Result<Lease<P>, LeaseError> {
        match self.inner.index.lease(tenant) {
            Some(lease) => Ok(lease),
            // Boxed, so that a hit does not carry the miss's state about.
            None => Box::pin(self.miss(tenant)).await,
        }
    }

    /// As [`lease`](Self::lease) for a tenant that is resident, without waiting: for a layer that need not become a
    /// future of its own for it. On `None` ask [`lease`](Self::lease); the tenant may exist.
    pub fn resident(&self, tenant: TenantId) -> Option<Lease<P>> {
        self.inner.index.lease(tenant)
    }

    async fn miss(&self, tenant: TenantId) -> Result<Lease<P>, LeaseError> {
        let leased = self.open(tenant).await;
        self.inner.counters.metrics.miss(OutcomeLabel::of_lease(&leased));
        leased
    }

    async fn open(&self, tenant: TenantId) -> Result<Lease<P>, LeaseError> {
        for _ in 0..ATTEMPTS {
            if self.inner.closing.is_cancelled() {
                return Err(LeaseError::ShuttingDown);
            }
            if let Some(error) = self.inner.negative_cache.get(tenant) {
                return Err(error);
            }
            let waiter = match self.find_or_open(tenant, Purpose::Lease)? {
                Found::Lease(lease) => return Ok(lease),
                Found::Opening(waiter) => waiter,
            };
            match waiter.outcome().await {
                Outcome::Open(opened) => {
                    if let Some(lease) = opened.into_lease() {
                        return Ok(lease);
                    }
                }
                Outcome::Failed(error) => return Err(error),
                Outcome::Overtaken => {}
            }
        }
        Err(LeaseError::Overloaded)
    }

    /// A lease, or an opening to wait for, started if there was none and its turn comes in time.
    pub(crate) fn find_or_open(&self, tenant: TenantId, purpose: Purpose) -> Result<Found<P>, LeaseError> {
        let inner = &self.inner;
        if let Some(found) = inner.index.find(tenant) {
            return Ok(found);
        }
        // Before it has a slot and a task: a made-up id may get no turn at all.
        let turn = inner.turn(tenant).inspect_err(|_| inner.counters.failed())?;
        let (opening, waiter) = Opening::new();
        if let Some(found) = inner.index.find_or_insert(tenant, &opening) {
            return Ok(found);
        }
        let opener = Opener {
            registry: Arc::clone(inner),
            tenant,
            purpose,
            turn,
            opening,
        };
        tokio::spawn(opener.run());
        Ok(Found::Opening(waiter))
    }

    /// Forgets the tenant's pool or failed lookup: leases that are held go on, a lease asked for after this looks the
    /// tenant up again. Overtakes an opening in flight as well.
    pub fn invalidate(&self, tenant: TenantId) {
        self.inner.invalidate(tenant);
    }

    /// Refuses new leases, closes every pool as its leases end, and waits for that until the deadline. Returns the
    /// counters; `open()` is how many were left open.
    pub async fn shutdown(&self, deadline: Duration) -> RegistryStats {
        self.inner.closing.cancel();
        fence(Ordering::SeqCst);
        self.inner
            .index
            .for_each_slot(|tenant, _| self.inner.remove_unless(tenant, Reason::Shutdown, |_| false));
        if timeout(deadline, self.inner.counters.all_closed()).await.is_err() {
            tracing::warn!(
                open = self.stats().open(),
                "shutdown deadline passed with pools still open"
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
