//! Wires the crates together: the same for the service and for tests.

use std::path::Path;
use std::sync::Arc;

use admin::{AdminAuth, Health};
use api::{TenantRegistry, TrustedNetworks};
use axum::Router;
use control_plane::{ControlPlane, ControlPlaneSettings};
use crypto::{Envelope, KeyRing, KeyRingError, LocalKeyProvider};
use tenant_registry::{PlainSettings, Registry, RegistrySettings, SessionSettings};
use tokio_util::sync::CancellationToken;
use web::{StackSettings, stack};

use crate::clusters;
use crate::config::{Absent, PlaneLimits, Settings};

/// The service without its listeners.
pub struct App {
    /// What answers on the tenant plane.
    pub tenant_plane: Router,
    /// What answers on the admin plane.
    pub admin_plane: Router,
    /// The tenants' pools.
    pub registry: TenantRegistry,
    /// The tenants.
    pub control_plane: ControlPlane,
}

impl App {
    /// The service after these settings. Connects to nothing yet. `stopping` fails the readiness probe.
    ///
    /// # Errors
    /// When a key is missing that serving needs.
    pub fn new(settings: &Settings, envelope: Envelope, stopping: CancellationToken) -> Result<Self, Absent> {
        let control_plane = control_plane(settings, envelope)?;
        let registry = Registry::new(
            Arc::new(control_plane.source()),
            registry_settings(settings),
            pool_settings(settings),
        );
        let networks = TrustedNetworks::new(settings.tenant_plane.trusted_networks.iter().copied());
        let auth = AdminAuth::new(settings.admin_plane.token.clone(), control_plane.store().clone());
        let health = Health::new(control_plane.store().clone(), stopping);
        Ok(Self {
            tenant_plane: stack(
                api::plane(&registry, networks),
                around("tenant", &settings.tenant_plane.limits),
            ),
            admin_plane: stack(
                admin::plane(control_plane.clone(), auth, health),
                around("admin", &settings.admin_plane.limits),
            ),
            registry,
            control_plane,
        })
    }
}

/// The envelope over the key ring in this file.
///
/// # Errors
/// When the file is no key ring, or others can read it.
pub fn envelope(ring_file: &Path) -> Result<Envelope, KeyRingError> {
    Ok(Envelope::new(Arc::new(LocalKeyProvider::new(KeyRing::load(
        ring_file,
    )?))))
}

fn control_plane(settings: &Settings, envelope: Envelope) -> Result<ControlPlane, Absent> {
    let (control, control_login) = clusters::control(settings)?;
    let (data, data_login) = clusters::data(settings)?;
    let databases = ControlPlaneSettings {
        control,
        control_database: settings.control_store.cluster.database.clone(),
        control_login,
        control_connections: settings.control_store.max_connections,
        data,
        data_database: settings.data_cluster.cluster.database.clone(),
        data_login,
        max_connections_per_tenant: settings.registry.max_connections_per_tenant,
    };
    Ok(ControlPlane::open(databases, envelope))
}

fn registry_settings(settings: &Settings) -> RegistrySettings {
    let registry = &settings.registry;
    RegistrySettings {
        max_resident: registry.max_resident,
        idle_timeout: registry.idle_timeout,
        open_timeout: settings.control_store.cluster.connect_timeout,
        reap_deadline: registry.reap_deadline,
        ..RegistrySettings::default()
    }
}

fn pool_settings(settings: &Settings) -> PlainSettings {
    let registry = &settings.registry;
    PlainSettings {
        acquire_timeout: registry.acquire_timeout,
        connection_idle_timeout: registry.connection_idle_timeout,
        max_connection_lifetime: registry.max_connection_lifetime,
        session: SessionSettings {
            statement_timeout: registry.statement_timeout,
            lock_timeout: registry.lock_timeout,
            idle_in_transaction_timeout: registry.idle_in_transaction_timeout,
            min_server_version: settings.data_cluster.min_server_version.as_num(),
            ..SessionSettings::default()
        },
        ..PlainSettings::default()
    }
}

fn around(plane: &'static str, limits: &PlaneLimits) -> StackSettings {
    StackSettings {
        deadline: limits.request_timeout,
        body_limit: limits.body_limit,
        body_whole: limits.body_timeout,
        ..StackSettings::new(plane)
    }
}
