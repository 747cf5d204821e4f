//! Tenant pools within a budget of connections: `connection-budget` as a pool of the registry.

use std::sync::Arc;

use connection_budget::{Credentials, CredentialsFuture, PoolSpec};
use pg_session::{Checkout, Closed, Parts, PoolSnapshot, Refusal};
use sqlx::postgres::PgConnectOptions;
use tokio::time::Instant;

pub use connection_budget::{
    Budget, BudgetSettings, BudgetSnapshot, BudgetedPool, BudgetedSettings, EndBackend, Ledger,
    MAX_CONNECTIONS_PER_POOL as MAX_CONNECTIONS_PER_TENANT, PoolKey, SentinelSettings, WatchdogSettings,
};

use crate::checkout::Checkouts;
use crate::id::TenantId;
use crate::index::Lease;
use crate::pool::TenantPool;
use crate::source::{Reload, TenantSpec};

impl From<TenantId> for PoolKey {
    fn from(tenant: TenantId) -> Self {
        tenant.as_uuid().into()
    }
}

impl From<PoolKey> for TenantId {
    fn from(key: PoolKey) -> Self {
        key.as_uuid().into()
    }
}

impl Credentials for Reload {
    fn load(&self) -> CredentialsFuture<'_, Option<PgConnectOptions>> {
        Box::pin(async { Some(Self::load(self).await.ok()?.connect) })
    }

    fn refused(&self) -> CredentialsFuture<'_, ()> {
        Box::pin(Self::refused(self))
    }
}

impl TenantPool for BudgetedPool {
    type Settings = Arc<BudgetedSettings>;

    fn open(spec: TenantSpec, reload: Reload, settings: &Self::Settings) -> Self {
        let spec = PoolSpec {
            key: spec.tenant.into(),
            connect: spec.connect,
            max_connections: spec.max_connections,
            floor: spec.floor,
        };
        Self::open(spec, Arc::new(reload), settings)
    }

    fn retire(&self) {
        self.retire();
    }

    fn end(&self) {
        self.end();
    }

    async fn close(&self, deadline: Instant) -> Closed {
        self.close(deadline).await
    }

    fn snapshot(&self) -> PoolSnapshot {
        self.snapshot()
    }
}

impl Checkouts for BudgetedPool {
    type Checkout = BudgetedCheckout;

    async fn checkout(lease: &Lease<Self>) -> Result<BudgetedCheckout, Refusal> {
        Ok(BudgetedCheckout {
            checkout: lease.acquire().await?,
            _lease: lease.clone(),
        })
    }
}

/// A connection of a [`BudgetedPool`], given back when it is dropped.
pub struct BudgetedCheckout {
    // Dropped before the lease, which keeps the pool open.
    checkout: connection_budget::Checkout,
    _lease: Lease<BudgetedPool>,
}

impl Checkout for BudgetedCheckout {
    fn parts(&mut self) -> Option<Parts<'_>> {
        self.checkout.parts()
    }
}
