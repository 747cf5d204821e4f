//! Fixtures: tenants, and registries over them with any settings.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use control_plane::{ControlPlane, StoreSource};
use sqlx::postgres::PgConnection;
use tenant_registry::{
    Registry, RegistrySettings, SessionSettings, SourceFuture, TenantConnection, TenantDb, TenantId,
    TenantSource,
};
use testkit::Databases;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::engine::{self, Pool};

/// Timeout far above the duration of any test.
pub(crate) const LONG: Duration = Duration::from_mins(1);

pub(crate) async fn within_long<F: Future>(future: F) -> F::Output {
    timeout(LONG, future).await.expect("it does not last so long")
}

/// Settings of a registry under test.
pub(crate) struct Setup {
    pub(crate) registry: RegistrySettings,
    pub(crate) pool: Knobs,
    pub(crate) max_connections: u32,
    /// Addresses of tenants whose database is reached through a proxy.
    pub(crate) by_way_of: HashMap<TenantId, SocketAddr>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            registry: RegistrySettings::default(),
            pool: Knobs::default(),
            max_connections: 5,
            by_way_of: HashMap::new(),
        }
    }
}

/// Settings that both engines have.
pub(crate) struct Knobs {
    pub(crate) acquire_timeout: Duration,
    pub(crate) ping_after_idle: Duration,
    pub(crate) session: SessionSettings,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            // Generous, since the machine may be busy; tests of the deadline shorten it.
            acquire_timeout: Duration::from_secs(30),
            ping_after_idle: Duration::from_secs(1),
            session: SessionSettings::default(),
        }
    }
}

pub(crate) type Db = TenantDb<Pool>;

impl Setup {
    /// Settings with this maximum of connections per tenant.
    pub(crate) fn connections(max_connections: u32) -> Self {
        Self {
            max_connections,
            ..Self::default()
        }
    }

    /// Shortens the acquire timeout.
    pub(crate) fn impatient(mut self) -> Self {
        self.pool.acquire_timeout = Duration::from_millis(500);
        self
    }
}

pub(crate) struct World {
    pub(crate) databases: Databases,
    pub(crate) plane: ControlPlane,
}

impl World {
    pub(crate) async fn new() -> Self {
        let databases = Databases::new().await;
        let plane = databases.control_plane();
        Self { databases, plane }
    }

    pub(crate) async fn tenant(&self) -> TenantId {
        testkit::tenant(&self.plane, &format!("tenant {}", Uuid::new_v4()))
            .await
            .id
    }

    pub(crate) fn registry(&self, setup: Setup) -> Registry<Pool> {
        let source = Source {
            store: self.plane.source(),
            max_connections: setup.max_connections,
            by_way_of: setup.by_way_of,
        };
        Registry::new(
            Arc::new(source),
            setup.registry,
            engine::settings(&self.databases, setup.pool),
        )
    }

    /// A tenant's database in a registry of its own.
    pub(crate) async fn db(&self, tenant: TenantId, setup: Setup) -> Db {
        TenantDb::new(self.registry(setup).lease(tenant).await.unwrap())
    }

    /// A superuser's connection to the data cluster.
    pub(crate) async fn superuser(&self) -> PgConnection {
        self.databases
            .server()
            .superuser(self.databases.data().as_str())
            .await
    }

    /// Number of the tenant's backends that the server lists.
    pub(crate) async fn backends(&self, superuser: &mut PgConnection, tenant: TenantId) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE usename = $1")
            .bind(login(tenant))
            .fetch_one(superuser)
            .await
            .unwrap()
    }

    /// Waits until the tenant has this number of backends.
    pub(crate) async fn until_backends(&self, tenant: TenantId, count: i64) {
        let mut superuser = self.superuser().await;
        within_long(async {
            while self.backends(&mut superuser, tenant).await != count {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    /// Waits until the tenant runs a query that contains this text.
    pub(crate) async fn until_running(&self, tenant: TenantId, text: &str) {
        let mut superuser = self.superuser().await;
        let running = "SELECT EXISTS (SELECT FROM pg_stat_activity
            WHERE usename = $1 AND state = 'active' AND strpos(query, $2) > 0)";
        within_long(async {
            while !sqlx::query_scalar::<_, bool>(running)
                .bind(login(tenant))
                .bind(text)
                .fetch_one(&mut superuser)
                .await
                .unwrap()
            {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    /// The names of the tenant's committed users.
    pub(crate) async fn committed(&self, tenant: TenantId) -> Vec<String> {
        sqlx::query_scalar("SELECT name FROM app.users WHERE tenant_id = $1 ORDER BY name")
            .bind(tenant.as_uuid())
            .fetch_all(&mut self.superuser().await)
            .await
            .unwrap()
    }
}

/// Acquires a connection, with retries: for tenants with a short acquire timeout on a slow machine.
pub(crate) async fn acquired(db: &Db) -> TenantConnection<Pool> {
    within_long(async {
        loop {
            if let Ok(connection) = db.acquire().await {
                return connection;
            }
        }
    })
    .await
}

/// The tenant's first login.
pub(crate) fn login(tenant: TenantId) -> String {
    format!("tn_{}_a", tenant.as_uuid().simple())
}

pub(crate) const INSERT: &str = "INSERT INTO app.users (name) VALUES ($1)";

/// Polls the future until it is ready, or was pending more than this number of times; then drops it.
pub(crate) async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = times;
    poll_fn(move |context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// The control plane's source, with other limits and addresses.
struct Source {
    store: StoreSource,
    max_connections: u32,
    by_way_of: HashMap<TenantId, SocketAddr>,
}

impl TenantSource for Source {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        Box::pin(async move {
            let mut spec = self.store.load(tenant).await?;
            spec.max_connections = self.max_connections;
            if let Some(address) = self.by_way_of.get(&tenant) {
                spec.connect = spec.connect.host(&address.ip().to_string()).port(address.port());
            }
            Ok(spec)
        })
    }
}
