//! The shape that a registry replaces: a map of pools under one mutex, held while a pool connects.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tenant_registry::{TenantId, TenantSpec};
use tokio::sync::Mutex;

use crate::load::Client;

/// The map.
pub(super) struct Template {
    pools: Mutex<HashMap<TenantId, PgPool>>,
    patience: Duration,
}

impl Template {
    /// Empty; a pool may take so long for its first connection.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            pools: Mutex::default(),
            patience,
        }
    }

    async fn pool(&self, spec: &TenantSpec) -> Result<PgPool, sqlx::Error> {
        let mut pools = self.pools.lock().await;
        if let Some(pool) = pools.get(&spec.tenant) {
            return Ok(pool.clone());
        }
        let options = PgPoolOptions::new()
            .max_connections(spec.max_connections)
            .acquire_timeout(self.patience)
            .test_before_acquire(false);
        #[expect(
            clippy::disallowed_methods,
            reason = "a pool under a mutex is what is compared with"
        )]
        let pool = options.connect_with(spec.connect.clone()).await?;
        pools.insert(spec.tenant, pool.clone());
        Ok(pool)
    }

    /// Closes the pools.
    pub(super) async fn close(&self) {
        for pool in self.pools.lock().await.values() {
            pool.close().await;
        }
    }
}

/// A client of one tenant's.
pub(super) struct ByTemplate {
    pub(super) template: Arc<Template>,
    pub(super) spec: TenantSpec,
}

impl Client for ByTemplate {
    async fn ask(&mut self) -> Result<(), String> {
        let pool = self.template.pool(&self.spec).await;
        let pool = pool.map_err(|error| error.to_string())?;
        let asked = (&pool).execute("SELECT 1").await;
        asked.map(drop).map_err(|error| error.to_string())
    }
}
