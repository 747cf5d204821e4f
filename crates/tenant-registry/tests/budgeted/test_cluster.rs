//! A cluster of tenants that share one budget, and a counter of their backends on the server.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{
    Budget, BudgetSettings, BudgetSnapshot, BudgetedPool, BudgetedSettings, EndBackend, Registry,
    RegistrySettings, SourceError, SourceFuture, TenantDb, TenantId, TenantSource, TenantSpec,
};
use testkit::Proxy;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::engine;
use crate::suite::support::{Db, Knobs, World, within_long};

/// Tenants with their specs in memory: only the budget connects to the server while a test runs.
pub(crate) struct TestCluster {
    pub(crate) world: World,
    pub(crate) tenants: Vec<TenantId>,
    pub(crate) specs: Arc<InMemorySource>,
    pub(crate) budget: Budget,
    pub(crate) registry: Registry<BudgetedPool>,
}

/// The budget's own connections.
const OWN: u32 = 2;

/// What a test changes of the defaults.
pub(crate) struct ClusterSetup {
    pub(crate) tenants: usize,
    pub(crate) cap: u32,
    /// The maximum of each tenant.
    pub(crate) max: u32,
    pub(crate) knobs: Knobs,
    pub(crate) clean_up: Duration,
    /// The maximum lifetime of each connection.
    pub(crate) lifetime: Duration,
    /// A proxy through which the tenants and the sentinel connect.
    pub(crate) proxy_address: Option<SocketAddr>,
    /// The statement that ends backends, if not the service's.
    pub(crate) end_backend: Option<EndBackend>,
}

impl Default for ClusterSetup {
    fn default() -> Self {
        Self {
            tenants: 10,
            cap: 5,
            max: 5,
            knobs: Knobs::default(),
            clean_up: Duration::from_millis(500),
            lifetime: Duration::from_mins(30),
            proxy_address: None,
            end_backend: None,
        }
    }
}

impl TestCluster {
    pub(crate) async fn new(setup: ClusterSetup) -> Self {
        Self::with_world(World::new().await, setup).await
    }

    pub(crate) async fn with_world(world: World, setup: ClusterSetup) -> Self {
        let mut specs = HashMap::new();
        let mut tenants = Vec::new();
        for _ in 0..setup.tenants {
            let tenant = world.tenant().await;
            let mut spec = world.plane.source().load(tenant).await.unwrap();
            spec.max_connections = setup.max;
            if let Some(address) = setup.proxy_address {
                spec.connect = spec.connect.host(&address.ip().to_string()).port(address.port());
            }
            specs.insert(tenant, spec);
            tenants.push(tenant);
        }
        // The control plane's pools would count as backends.
        world.plane.close().await;
        let specs = Arc::new(InMemorySource(Mutex::new(specs)));
        let mut sentinel = engine::sentinel(&world.databases);
        sentinel.end_backend = setup.end_backend.or(sentinel.end_backend);
        if let Some(address) = setup.proxy_address {
            sentinel.connect = sentinel
                .connect
                .host(&address.ip().to_string())
                .port(address.port());
        }
        let budget = Budget::start(BudgetSettings {
            max_connections: Some(setup.cap),
            max_connection_lifetime: setup.lifetime,
            ..BudgetSettings::new(sentinel)
        });
        let settings = Arc::into_inner(engine::of(budget.clone(), setup.knobs)).unwrap();
        let settings = Arc::new(BudgetedSettings {
            clean_up: setup.clean_up,
            ..settings
        });
        let source = Arc::clone(&specs) as Arc<dyn TenantSource>;
        let registry_settings = RegistrySettings {
            // A test may still hold leases when it closes the cluster.
            reap_deadline: Duration::from_millis(200),
            ..RegistrySettings::default()
        };
        let registry = Registry::new(source, registry_settings, settings);
        Self {
            world,
            tenants,
            specs,
            budget,
            registry,
        }
    }

    /// Sends the connections of one tenant through the proxy; the sentinel's stay direct.
    pub(crate) fn route_through(&self, proxy: &Proxy, number: usize) {
        let address = proxy.address();
        let mut specs = self.specs.0.lock().unwrap();
        let spec = specs.get_mut(&self.tenants[number]).unwrap();
        let connect = spec.connect.clone().host(&address.ip().to_string());
        spec.connect = connect.port(address.port());
    }

    pub(crate) async fn db(&self, tenant: TenantId) -> Db {
        TenantDb::new(self.registry.lease(tenant).await.unwrap())
    }

    /// The database of the tenant with this index.
    pub(crate) async fn tenant_db(&self, number: usize) -> Db {
        self.db(self.tenants[number]).await
    }

    /// The budget's snapshot, after checking that its permits add up.
    pub(crate) fn checked_snapshot(&self) -> BudgetSnapshot {
        checked_snapshot(&self.budget)
    }

    /// Waits until the budget's snapshot fulfils the condition.
    pub(crate) async fn until(&self, condition: impl Fn(&BudgetSnapshot) -> bool) {
        within_long(async {
            while !condition(&self.checked_snapshot()) {
                sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
    }

    /// A superuser's connection to another database, where it does not count as a backend of the tenants'.
    pub(crate) async fn maintenance_connection(&self) -> PgConnection {
        self.world.databases.server().superuser("postgres").await
    }

    /// Has the server itself refuse more connections than this, plus the sentinel's and the terminator's.
    pub(crate) async fn limit_connections_on_server(&self, tenants: u32) {
        let limit = format!(
            "ALTER DATABASE {} CONNECTION LIMIT {}",
            self.world.databases.data(),
            tenants + OWN
        );
        let mut outside = self.maintenance_connection().await;
        outside.execute(AssertSqlSafe(limit)).await.unwrap();
        // Waits for the control plane's connections, which close asynchronously.
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND usename NOT LIKE 'tn\\_%'";
        within_long(async {
            while sqlx::query_scalar::<_, i64>(others)
                .bind(self.world.databases.data().as_str())
                .fetch_one(&mut outside)
                .await
                .unwrap()
                > i64::from(OWN)
            {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// Counts the tenants' backends in a loop until it is asked for the maximum.
    pub(crate) async fn count_backends(&self) -> BackendCounter {
        let mut superuser = self.maintenance_connection().await;
        let database = self.world.databases.data().to_string();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut most = 0;
            while !stopped.load(Ordering::SeqCst) {
                let count: i64 = sqlx::query_scalar(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND usename LIKE 'tn\\_%'",
                )
                .bind(&database)
                .fetch_one(&mut superuser)
                .await
                .unwrap();
                most = most.max(count);
            }
            most
        });
        BackendCounter { stop, task }
    }

    /// Closes all pools, and checks that every permit has come back and no backend is left.
    pub(crate) async fn close(self) {
        let stats = within_long(self.registry.shutdown(crate::suite::support::LONG)).await;
        assert_eq!(stats.open(), 0);
        self.until(|snapshot| snapshot.ledger.free == snapshot.ledger.cap)
            .await;
        let snapshot = self.checked_snapshot();
        assert_eq!(
            (snapshot.waiting, snapshot.waiting_tenants),
            (0, 0),
            "{snapshot:?}"
        );
        for tenant in &self.tenants {
            self.world.until_backends(*tenant, 0).await;
        }
    }
}

pub(crate) fn checked_snapshot(budget: &Budget) -> BudgetSnapshot {
    let snapshot = budget.snapshot();
    let ledger = snapshot.ledger;
    assert_eq!(
        ledger.free + ledger.opening + ledger.open + ledger.closing + ledger.quarantine,
        ledger.cap,
        "{snapshot:?}"
    );
    snapshot
}

/// See [`TestCluster::judge`].
pub(crate) struct BackendCounter {
    stop: Arc<AtomicBool>,
    task: JoinHandle<i64>,
}

impl BackendCounter {
    /// The most backends seen at once.
    pub(crate) async fn max(self) -> i64 {
        self.stop.store(true, Ordering::SeqCst);
        within_long(self.task).await.unwrap()
    }
}

/// A source of tenants that a test fills and changes.
pub(crate) struct InMemorySource(pub(crate) Mutex<HashMap<TenantId, TenantSpec>>);

impl TenantSource for InMemorySource {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        let spec = self.0.lock().unwrap().get(&tenant).cloned();
        Box::pin(async move { spec.ok_or(SourceError::Unknown) })
    }
}

pub(crate) async fn select_one(db: &Db) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT 1").execute(db).await.map(drop)
}
