//! The service in this process, on ports of its own, and clients of it.

use std::net::SocketAddr;

use control_plane::Tenant;
use secrecy::ExposeSecret as _;
use server::app::App;
use server::config::{Environment, Inputs, Override, Purpose, Settings, load};
use server::service::{self, Listeners};
pub use testkit::Client;
use testkit::Databases;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use api::TenantRegistry;
use control_plane::ControlPlane;

/// The bearer token of every test's admin plane.
const ADMIN_TOKEN: &str = "a-token-for-tests";

/// A running service; stopped when it is dropped.
pub struct Service {
    pub databases: Databases,
    pub registry: TenantRegistry,
    pub control_plane: ControlPlane,
    pub tenant_plane: SocketAddr,
    pub admin_plane: SocketAddr,
    stopping: CancellationToken,
    task: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Service {
    /// With the defaults of production, as far as a test can have them.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With some keys of its own, as `section.key=value`.
    pub async fn with(overrides: &[&str]) -> Self {
        let databases = Databases::new().await;
        let settings = settings(&databases, overrides);
        let stopping = CancellationToken::new();
        let app = App::new(&settings, testkit::envelope(), stopping.clone()).unwrap();
        let listeners = Listeners::bind(&settings).unwrap();
        let (tenant_plane, admin_plane) = (listeners.tenant(), listeners.admin());
        let (registry, control_plane) = (app.registry.clone(), app.control_plane.clone());
        let run = {
            let stopping = stopping.clone();
            async move { service::run(app, listeners, &settings, stopping).await }
        };
        let task = Some(tokio::spawn(run));
        Self {
            databases,
            registry,
            control_plane,
            tenant_plane,
            admin_plane,
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
        Client::new(self.tenant_plane).header("x-tenant-id", &tenant.id.to_string())
    }

    /// A client that names no tenant.
    pub fn anonymous(&self) -> Client {
        Client::new(self.tenant_plane)
    }

    /// An operator.
    pub fn operator(&self) -> Client {
        Client::new(self.admin_plane).header("authorization", &format!("Bearer {ADMIN_TOKEN}"))
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
        overrides: overrides.iter().copied().map(Override::from).collect(),
        ..Inputs::default()
    };
    load(&inputs, Purpose::Client).unwrap().settings
}
