//! The registry, over a pool that does nothing.

use std::hint::black_box;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use tenant_registry::{
    Closed, PoolSnapshot, Registry, RegistrySettings, Reload, SourceFuture, TenantId, TenantPool,
    TenantSource, TenantSpec,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::contender::{Hits, Walk};

/// `Registry::lease` and the lease's drop.
pub(crate) struct Leases {
    registry: Registry<NoPool>,
}

impl Leases {
    /// A registry in which all these tenants are resident.
    pub(crate) async fn open(tenants: &[Uuid]) -> Self {
        let registry = Registry::new(Arc::new(AnyTenant), RegistrySettings::default(), ());
        for tenant in tenants {
            // Cannot fail: the source knows every tenant. If it did, the first hit would open it.
            let _ = registry.lease(TenantId::new(*tenant)).await;
        }
        Self { registry }
    }
}

impl Hits for Leases {
    fn name(&self) -> &'static str {
        "Registry::lease"
    }

    fn walk(&self, walk: Arc<[Uuid]>, times: usize) -> Walk {
        let registry = self.registry.clone();
        Box::pin(async move {
            for _ in 0..times {
                for tenant in &*walk {
                    if let Ok(lease) = registry.lease(TenantId::new(*tenant)).await {
                        black_box(lease.0);
                    }
                }
            }
        })
    }
}

struct NoPool(u32);

impl TenantPool for NoPool {
    type Settings = ();

    fn open(spec: TenantSpec, _: Reload, (): &()) -> Self {
        Self(spec.max_connections)
    }

    async fn close(&self, _deadline: Instant) -> Closed {
        Closed::Drained
    }

    fn snapshot(&self) -> PoolSnapshot {
        PoolSnapshot::default()
    }
}

struct AnyTenant;

impl TenantSource for AnyTenant {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        Box::pin(async move { Ok(TenantSpec::new(tenant, PgConnectOptions::new_without_pgpass(), 1)) })
    }
}
