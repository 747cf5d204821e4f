//! Many tenants in one budget, and a judge at the server.

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
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::engine;
use crate::suite::support::{Db, Knobs, World, within_long};

/// Tenants whose specs are at hand: nothing but the budget connects to the server while a test runs.
pub(crate) struct Town {
    pub(crate) world: World,
    pub(crate) tenants: Vec<TenantId>,
    pub(crate) specs: Arc<Specs>,
    pub(crate) budget: Budget,
    pub(crate) registry: Registry<BudgetedPool>,
}

/// The budget's own connections.
const OWN: u32 = 2;

/// What a test wants otherwise.
pub(crate) struct Plan {
    pub(crate) tenants: usize,
    pub(crate) cap: u32,
    /// Of each tenant.
    pub(crate) max: u32,
    pub(crate) knobs: Knobs,
    pub(crate) clean_up: Duration,
    /// Of each connection.
    pub(crate) lifetime: Duration,
    /// Where tenants find their database, and the sentinel its server, if not where it is.
    pub(crate) by_way_of: Option<SocketAddr>,
    /// How backends are ended, if not as the service does it.
    pub(crate) end_backend: Option<EndBackend>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            tenants: 10,
            cap: 5,
            max: 5,
            knobs: Knobs::default(),
            clean_up: Duration::from_millis(500),
            lifetime: Duration::from_mins(30),
            by_way_of: None,
            end_backend: None,
        }
    }
}

impl Town {
    pub(crate) async fn new(plan: Plan) -> Self {
        Self::in_world(World::new().await, plan).await
    }

    pub(crate) async fn in_world(world: World, plan: Plan) -> Self {
        let mut specs = HashMap::new();
        let mut tenants = Vec::new();
        for _ in 0..plan.tenants {
            let tenant = world.tenant().await;
            let mut spec = world.plane.source().load(tenant).await.unwrap();
            spec.max_connections = plan.max;
            if let Some(address) = plan.by_way_of {
                spec.connect = spec.connect.host(&address.ip().to_string()).port(address.port());
            }
            specs.insert(tenant, spec);
            tenants.push(tenant);
        }
        // Its pools would count as backends.
        world.plane.close().await;
        let specs = Arc::new(Specs(Mutex::new(specs)));
        let mut sentinel = engine::sentinel(&world.databases);
        sentinel.end_backend = plan.end_backend.or(sentinel.end_backend);
        if let Some(address) = plan.by_way_of {
            sentinel.connect = sentinel
                .connect
                .host(&address.ip().to_string())
                .port(address.port());
        }
        let budget = Budget::start(BudgetSettings {
            max_connections: Some(plan.cap),
            max_connection_lifetime: plan.lifetime,
            ..BudgetSettings::new(sentinel)
        });
        let settings = Arc::into_inner(engine::of(budget.clone(), plan.knobs)).unwrap();
        let settings = Arc::new(BudgetedSettings {
            clean_up: plan.clean_up,
            ..settings
        });
        let source = Arc::clone(&specs) as Arc<dyn TenantSource>;
        let registry_settings = RegistrySettings {
            // A test may still hold what it leased when it closes the town.
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

    pub(crate) async fn db(&self, tenant: TenantId) -> Db {
        TenantDb::new(self.registry.lease(tenant).await.unwrap())
    }

    /// A tenant's own database by its number.
    pub(crate) async fn nth(&self, number: usize) -> Db {
        self.db(self.tenants[number]).await
    }

    /// What the budget says, held against its own rule.
    pub(crate) fn books(&self) -> BudgetSnapshot {
        books(&self.budget)
    }

    /// Waits until the books are like this.
    pub(crate) async fn until(&self, so: impl Fn(&BudgetSnapshot) -> bool) {
        within_long(async {
            while !so(&self.books()) {
                sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
    }

    /// Behind the scenes, and not in the tenants' database: there it would count.
    pub(crate) async fn outside(&self) -> PgConnection {
        self.world.databases.server().superuser("postgres").await
    }

    /// Has the server itself refuse what is more than this: the tenants' connections, the sentinel's and the
    /// one that ends backends.
    pub(crate) async fn limit_on_the_server(&self, tenants: u32) {
        let limit = format!(
            "ALTER DATABASE {} CONNECTION LIMIT {}",
            self.world.databases.data(),
            tenants + OWN
        );
        let mut outside = self.outside().await;
        outside.execute(AssertSqlSafe(limit)).await.unwrap();
        // What was there before is gone first: the control plane's connections close in their own time.
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

    /// Counts tenants' backends without a pause until it is asked for the most that there were.
    pub(crate) async fn judge(&self) -> Judge {
        let mut superuser = self.outside().await;
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
        Judge { stop, task }
    }

    /// Closes all pools, and holds that every permit has come back and no backend is left.
    pub(crate) async fn close(self) {
        let stats = within_long(self.registry.shutdown(crate::suite::support::LONG)).await;
        assert_eq!(stats.open(), 0);
        self.until(|books| books.ledger.free == books.ledger.cap).await;
        let books = self.books();
        assert_eq!((books.waiting, books.starving_tenants), (0, 0), "{books:?}");
        for tenant in &self.tenants {
            self.world.until_backends(*tenant, 0).await;
        }
    }
}

pub(crate) fn books(budget: &Budget) -> BudgetSnapshot {
    let books = budget.snapshot();
    let ledger = books.ledger;
    assert_eq!(
        ledger.free + ledger.opening + ledger.open + ledger.closing + ledger.quarantine,
        ledger.cap,
        "{books:?}"
    );
    books
}

/// See [`Town::judge`].
pub(crate) struct Judge {
    stop: Arc<AtomicBool>,
    task: JoinHandle<i64>,
}

impl Judge {
    /// The most backends that there were.
    pub(crate) async fn most(self) -> i64 {
        self.stop.store(true, Ordering::SeqCst);
        within_long(self.task).await.unwrap()
    }
}

/// A source that knows its tenants by heart, and forgets or learns what a test tells it.
pub(crate) struct Specs(pub(crate) Mutex<HashMap<TenantId, TenantSpec>>);

impl TenantSource for Specs {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        let spec = self.0.lock().unwrap().get(&tenant).cloned();
        Box::pin(async move { spec.ok_or(SourceError::Unknown) })
    }
}

pub(crate) async fn select_one(db: &Db) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT 1").execute(db).await.map(drop)
}
