//! The engine under test: the registry with its pools. The one place that knows which kind of pool that is.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::PgConnectOptions;
use tenant_registry::{
    PlainPool, PlainSettings, Registry, RegistrySettings, TenantDb, TenantId, TenantSource,
};

/// What a handler gets.
pub(crate) type Db = TenantDb;

/// How an engine is set up.
#[expect(dead_code, reason = "a plain pool has no budget")]
#[derive(Debug, Clone)]
pub(crate) struct EngineSettings {
    /// Connections over all tenants.
    pub(crate) budget: u32,
    /// How long a request waits for a connection.
    pub(crate) acquire_timeout: Duration,
    /// A tenant that nobody has asked for this long is not resident any more.
    pub(crate) idle_timeout: Duration,
    /// How the engine's own session, which watches the server, logs in.
    pub(crate) sentinel: PgConnectOptions,
}

/// A registry over a budget. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine {
    registry: Registry<PlainPool>,
}

impl Engine {
    /// Starts one over these tenants.
    #[expect(clippy::unused_async, reason = "a budget has to ask the server")]
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub(crate) async fn start(
        settings: EngineSettings,
        source: Arc<dyn TenantSource>,
    ) -> anyhow::Result<Self> {
        let registry_settings = RegistrySettings {
            max_resident: 100_000,
            idle_timeout: settings.idle_timeout,
            ..RegistrySettings::default()
        };
        let pool_settings = PlainSettings {
            acquire_timeout: settings.acquire_timeout,
            ..PlainSettings::default()
        };
        Ok(Self {
            registry: Registry::new(source, registry_settings, pool_settings),
        })
    }

    /// The tenant's database.
    ///
    /// # Errors
    /// Why it cannot be leased, in words.
    pub(crate) async fn db(&self, tenant: TenantId) -> Result<Db, String> {
        let lease = self.registry.lease(tenant).await;
        lease.map(TenantDb::new).map_err(|error| error.to_string())
    }

    /// `SELECT 1` as this tenant, in one message of the simple protocol.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub(crate) async fn select_one(&self, tenant: TenantId) -> Result<(), String> {
        let db = self.db(tenant).await?;
        let asked = (&db).execute("SELECT 1").await;
        asked.map(drop).map_err(|error| error.to_string())
    }

    /// The registry.
    pub(crate) fn registry(&self) -> &Registry<PlainPool> {
        &self.registry
    }

    /// Closes every pool.
    pub(crate) async fn stop(self) {
        self.registry.shutdown(Duration::from_secs(10)).await;
    }
}
