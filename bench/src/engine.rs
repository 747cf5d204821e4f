//! The engine under test: a registry of budgeted pools.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use sqlx::Executor as _;
use sqlx::postgres::PgConnectOptions;
use tenant_registry::{
    Budget, BudgetSettings, BudgetSnapshot, BudgetedPool, BudgetedSettings, Registry, RegistrySettings,
    SentinelSettings, SessionSettings, TenantDb, TenantId, TenantSource,
};
use tokio::time::{Instant, sleep};

use crate::world::{Directory, Tenant, World};

/// Ends a backend as the superuser that the sentinel is here; the tenant's id is not needed then.
const END_BACKEND: &str = "SELECT pg_catalog.pg_terminate_backend($2) WHERE $1::uuid IS NOT NULL";

/// What a handler gets.
pub(crate) type Db = TenantDb<BudgetedPool>;

/// Until the budget has learnt what the server allows.
const START: Duration = Duration::from_secs(10);

/// How an engine is set up.
#[derive(Debug, Clone)]
pub(crate) struct EngineSettings {
    /// Connections over all tenants.
    pub(crate) budget: u32,
    /// How long a request waits for a connection.
    pub(crate) acquire_timeout: Duration,
    /// Idle time after which a tenant is evicted.
    pub(crate) idle_timeout: Duration,
    /// How the engine's own session, which watches the server, logs in.
    pub(crate) sentinel: PgConnectOptions,
}

/// A registry over a budget. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine {
    registry: Registry<BudgetedPool>,
    budget: Budget,
}

impl Engine {
    /// Starts one over these tenants of the world, each with at most `max` connections; none is evicted while a scenario
    /// runs.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(crate) async fn of(world: &World, tenants: &[Tenant], budget: u32, max: u32) -> anyhow::Result<Self> {
        let settings = EngineSettings {
            budget,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_mins(10),
            sentinel: world.sentinel(),
        };
        Self::start(settings, Directory::of(tenants, max)).await
    }

    /// Starts one over these tenants, and waits until it has learnt what the server allows.
    ///
    /// # Errors
    /// When it does not learn it.
    pub(crate) async fn start(
        settings: EngineSettings,
        source: Arc<dyn TenantSource>,
    ) -> anyhow::Result<Self> {
        let registry_settings = RegistrySettings {
            max_resident: 100_000,
            idle_timeout: settings.idle_timeout,
            ..RegistrySettings::default()
        };
        let sentinel = SentinelSettings {
            connect: settings.sentinel,
            end_backend: Some(Arc::new(|_| END_BACKEND.to_owned())),
        };
        let budget = Budget::start(BudgetSettings {
            max_connections: Some(settings.budget),
            // Longer than any scenario, so that connections close only for other tenants.
            connection_idle_timeout: Duration::from_mins(10),
            ..BudgetSettings::new(sentinel)
        });
        let pool_settings = BudgetedSettings {
            acquire_timeout: settings.acquire_timeout,
            // As the service has it.
            session: SessionSettings {
                isolated_table: Some("app.users".to_owned()),
                ..SessionSettings::default()
            },
            ..BudgetedSettings::new(budget.clone())
        };
        let deadline = Instant::now() + START;
        while budget.snapshot().ledger.cap < settings.budget {
            if Instant::now() >= deadline {
                bail!("the budget has not reached its cap of {}", settings.budget);
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(Self {
            registry: Registry::new(source, registry_settings, Arc::new(pool_settings)),
            budget,
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
    pub(crate) fn registry(&self) -> &Registry<BudgetedPool> {
        &self.registry
    }

    /// The budget, as it stands.
    pub(crate) fn budget(&self) -> BudgetSnapshot {
        self.budget.snapshot()
    }

    /// Closes every pool.
    pub(crate) async fn stop(self) {
        self.registry.shutdown(Duration::from_secs(10)).await;
    }
}
