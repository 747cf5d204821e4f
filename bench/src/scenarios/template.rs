//! The template's shape, which a registry replaces: a map of pools under one mutex, held while a pool connects.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tenant_registry::{TenantId, TenantSpec};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::asking::Choice;
use crate::load::Client;

/// The map.
pub(super) struct Template {
    pools: Mutex<HashMap<TenantId, PgPool>>,
    acquire_timeout: Duration,
}

impl Template {
    /// Empty; a pool may take so long for its first connection.
    pub(super) fn new(acquire_timeout: Duration) -> Self {
        Self {
            pools: Mutex::default(),
            acquire_timeout,
        }
    }

    async fn pool(&self, spec: &TenantSpec) -> Result<PgPool, sqlx::Error> {
        let mut pools = self.pools.lock().await;
        if let Some(pool) = pools.get(&spec.tenant) {
            return Ok(pool.clone());
        }
        let options = PgPoolOptions::new()
            .max_connections(spec.max_connections)
            .acquire_timeout(self.acquire_timeout)
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

/// A client.
pub(super) struct ByTemplate {
    pub(super) template: Arc<Template>,
    pub(super) specs: Arc<[TenantSpec]>,
    pub(super) choice: Choice,
    /// After which an answer is not waited for any more: behind the mutex it can take as long as all attempts before.
    pub(super) bound: Duration,
}

impl Client for ByTemplate {
    async fn ask(&mut self) -> Result<(), String> {
        let spec = &self.specs[self.choice.next()];
        let asked = timeout(self.bound, async {
            let pool = self.template.pool(spec).await?;
            (&pool).execute("SELECT 1").await
        });
        match asked.await {
            Ok(asked) => asked.map(drop).map_err(|error| error.to_string()),
            Err(elapsed) => Err(elapsed.to_string()),
        }
    }
}
