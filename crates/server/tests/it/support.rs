//! The service in this process, on its own ports, and clients for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use config::{Environment, Inputs, Override, Purpose, Settings, load};
use control_plane::Tenant;
use crypto::Envelope;
use isolation_doctor::Examinations;
use secrecy::ExposeSecret as _;
use server::app::{self, App};
use server::reserve;
use server::service::{self, Listeners};
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use tenant_registry::Budget;
pub use testkit::Client;
use testkit::{Answer, Databases};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::openapi::check;
use api::TenantRegistry;
use control_plane::ControlPlane;

/// Deadline for background work, generous for a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// Longest delay until a tenant's change takes effect on every instance.
const PROMISE: Duration = Duration::from_secs(1);

/// The bearer token of every test's admin plane.
pub const ADMIN_TOKEN: &str = "a-token-for-tests-of-32-letters-";

/// A running service, stopped on drop.
pub struct Service {
    pub databases: Arc<Databases>,
    pub registry: TenantRegistry,
    pub budget: Budget,
    pub control_plane: ControlPlane,
    pub examinations: Examinations,
    pub tenant_plane: SocketAddr,
    /// The tenant plane's listeners beside the first.
    pub beside: Vec<SocketAddr>,
    pub admin_plane: SocketAddr,
    envelope: Envelope,
    stopping: CancellationToken,
    task: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Service {
    /// Starts with production's defaults, as far as possible in a test.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts with these settings, as `section.key=value`.
    pub async fn with(overrides: &[&str]) -> Self {
        let databases = Arc::new(Databases::new().await);
        let settings = settings(&databases, overrides);
        Self::over(databases, testkit::envelope(), settings).await
    }

    /// Starts another instance over the same databases, with the same keys.
    pub async fn beside(&self, overrides: &[&str]) -> Self {
        let settings = settings(&self.databases, overrides);
        Self::over(Arc::clone(&self.databases), self.envelope.clone(), settings).await
    }

    /// Starts another instance without a configured admin token.
    pub async fn beside_without_token(&self) -> Self {
        let mut settings = settings(&self.databases, &[]);
        settings.admin_plane.token = None;
        Self::over(Arc::clone(&self.databases), self.envelope.clone(), settings).await
    }

    async fn over(databases: Arc<Databases>, envelope: Envelope, settings: Settings) -> Self {
        let stopping = CancellationToken::new();
        let reserve = reserve::own(&settings, true);
        let cursors = app::cursor_keys(&envelope).await.unwrap();
        let app = App::new(&settings, envelope.clone(), cursors, stopping.clone(), reserve).unwrap();
        let listeners = Listeners::bind(&settings).unwrap();
        let (tenant_plane, admin_plane) = (listeners.tenant(), listeners.admin());
        let beside = listeners.beside(&settings).into_iter();
        let beside = beside.map(|listener| listener.address).collect();
        let (registry, budget, control_plane, examinations) = (
            app.registry.clone(),
            app.budget.clone(),
            app.control_plane.clone(),
            app.examinations.clone(),
        );
        let run = {
            let stopping = stopping.clone();
            async move { service::run(app, listeners, &settings, stopping).await }
        };
        let task = Some(tokio::spawn(run));
        // The sentinel is connected, so a fault injected from here on does not hit its first login.
        until(async || budget.snapshot().ledger.cap > 0).await;
        Self {
            databases,
            registry,
            budget,
            control_plane,
            examinations,
            tenant_plane,
            beside,
            admin_plane,
            envelope,
            stopping,
            task,
        }
    }

    /// A new tenant of this name.
    pub async fn tenant(&self, name: &str) -> Tenant {
        testkit::tenant(&self.control_plane, name).await
    }

    /// A client that names this tenant.
    pub fn client(&self, tenant: &Tenant) -> Client {
        Client::new(self.tenant_plane)
            .checked_by(check)
            .header("x-tenant-id", &tenant.id.to_string())
    }

    /// A client that names no tenant.
    pub fn anonymous(&self) -> Client {
        Client::new(self.tenant_plane).checked_by(check)
    }

    /// A new API key of this tenant, of these scopes: its id and its secret.
    pub async fn api_key(&self, tenant: &Tenant, scopes: &[&str]) -> (String, String) {
        let path = format!("/admin/v1/tenants/{}/api-keys", tenant.id);
        let new = serde_json::json!({"name": "test", "scopes": scopes});
        let made = self.operator().post(&path, &new).await.expect(201);
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    /// A client that presents this API key.
    pub fn holder(&self, secret: &str) -> Client {
        Client::new(self.tenant_plane).header("authorization", &format!("Bearer {secret}"))
    }

    /// An operator.
    pub fn operator(&self) -> Client {
        Client::new(self.admin_plane)
            .checked_by(check)
            .header("authorization", &format!("Bearer {ADMIN_TOKEN}"))
    }

    /// A superuser's connection to the tenants' database.
    pub async fn superuser(&self) -> PgConnection {
        let server = self.databases.server();
        server.superuser(self.databases.data().as_str()).await
    }

    /// Stops the service as a signal does, and waits for it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stopping.cancel();
        self.task.take().unwrap().await.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// An exclusive lock on the users' table: every request for users keeps a connection in use until the release.
pub struct Locked {
    superuser: PgConnection,
    /// A separate connection: within a transaction, `pg_stat_activity` is a snapshot of its first read.
    looker: PgConnection,
}

impl Locked {
    /// Takes the lock. The service's `registry.lock_timeout` should be longer than the test.
    pub async fn users(service: &Service) -> Self {
        Self::by(service, "BEGIN; LOCK TABLE app.users IN ACCESS EXCLUSIVE MODE").await
    }

    /// Locks every row of the table instead: reads go on, and changes wait where they have found their row.
    pub async fn rows_of_users(service: &Service) -> Self {
        Self::by(service, "BEGIN; SELECT FROM app.users FOR UPDATE").await
    }

    async fn by(service: &Service, lock: &'static str) -> Self {
        let mut superuser = service.superuser().await;
        superuser.execute(lock).await.unwrap();
        let looker = service.superuser().await;
        Self { superuser, looker }
    }

    /// Waits until this number of the tenant's sessions wait for the lock.
    pub async fn hold(&mut self, tenant: &Tenant, sessions: i64) {
        let login = format!("tn_{}_a", tenant.id.as_uuid().simple());
        until(async || {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'",
            )
            .bind(&login)
            .fetch_one(&mut self.looker)
            .await
            .unwrap();
            waiting == sessions
        })
        .await;
    }

    /// Releases the lock.
    pub async fn release(mut self) {
        self.superuser.execute("ROLLBACK").await.unwrap();
    }
}

/// Polls until the condition holds.
pub async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < DEADLINE, "it did not come about");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Repeats the request until the response has this status, which must happen within [`PROMISE`].
pub async fn soon(client: &Client, path: &str, status: u16) -> Answer {
    let start = Instant::now();
    loop {
        let answer = client.get(path).await;
        if answer.status == status {
            return answer;
        }
        assert!(start.elapsed() < PROMISE, "still {answer:?}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// The seconds of `Retry-After`.
#[track_caller]
pub fn retry_after(answer: &Answer) -> u64 {
    let seconds = answer
        .headers
        .get("retry-after")
        .expect("it says when to come again");
    seconds.to_str().unwrap().parse().unwrap()
}

fn settings(databases: &Databases, overrides: &[&str]) -> Settings {
    let server = databases.server();
    let (cluster, password) = (server.cluster(), server.service().password.expose_secret());
    let port = cluster.port.to_string();
    let inputs = Inputs {
        profile: Some("production".to_owned()),
        environment: Environment::of([
            ("TENANTRY_CONTROL_STORE__HOST", cluster.host.as_str()),
            ("TENANTRY_CONTROL_STORE__PORT", &port),
            ("TENANTRY_CONTROL_STORE__TLS", "disable"),
            ("TENANTRY_CONTROL_STORE__DATABASE", databases.control().as_str()),
            ("TENANTRY_CONTROL_STORE__SERVICE_PASSWORD", password),
            ("TENANTRY_DATA_CLUSTER__HOST", cluster.host.as_str()),
            ("TENANTRY_DATA_CLUSTER__PORT", &port),
            ("TENANTRY_DATA_CLUSTER__TLS", "disable"),
            ("TENANTRY_DATA_CLUSTER__DATABASE", databases.data().as_str()),
            ("TENANTRY_DATA_CLUSTER__SERVICE_PASSWORD", password),
            ("TENANTRY_ADMIN_PLANE__TOKEN", ADMIN_TOKEN),
            ("TENANTRY_TENANT_PLANE__LISTEN", "127.0.0.1:0"),
            ("TENANTRY_ADMIN_PLANE__LISTEN", "127.0.0.1:0"),
        ]),
        // Tests share the server's roles with tests that break them on purpose, and the machine with many watchdogs.
        overrides: ["doctor.on_start=false", "watchdog.interval=500ms"]
            .into_iter()
            .chain(overrides.iter().copied())
            .map(Override::from)
            .collect(),
        ..Inputs::default()
    };
    load(&inputs, Purpose::Client).unwrap().settings
}
