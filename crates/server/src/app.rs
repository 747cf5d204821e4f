//! Wires the crates together: the same for the service and for tests.

use std::path::Path;
use std::sync::Arc;

use admin::{AdminAuth, Health};
use api::{TenantRegistry, TrustedNetworks};
use axum::Router;
use control_plane::doctor::{Doctor, Examinations};
use control_plane::{ControlPlane, ControlPlaneSettings};
use crypto::{Envelope, KeyRing, KeyRingError, LocalKeyProvider};
use tenant_registry::{Budget, Registry};
use tokio_util::sync::CancellationToken;
use web::middleware::Admit;
use web::{StackSettings, stack};

use crate::clusters::ClusterError;
use crate::config::{PlaneLimits, Settings};
use crate::gate::Gate;
use crate::{clusters, pools};

/// The service without its listeners.
pub struct App {
    /// What answers on the tenant plane.
    pub tenant_plane: Router,
    /// What answers on the admin plane.
    pub admin_plane: Router,
    /// The tenants' pools.
    pub registry: TenantRegistry,
    /// The connections that all of these pools have together.
    pub budget: Budget,
    /// The tenants.
    pub control_plane: ControlPlane,
    /// Whether they are kept apart.
    pub examinations: Examinations,
}

impl App {
    /// The service after these settings; `stopping` fails the readiness probe, and `reserve` of the data cluster's
    /// connections are not for tenants. It waits for no database: the budget connects in the background, and everything
    /// else when it is used. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When a key is missing that serving needs, or the authorities of a cluster cannot be read.
    pub fn new(
        settings: &Settings,
        envelope: Envelope,
        stopping: CancellationToken,
        reserve: u32,
    ) -> Result<Self, ClusterError> {
        let control_plane = control_plane(settings, envelope)?;
        let budget = pools::budget(settings, &control_plane, reserve);
        let registry = Registry::new(
            Arc::new(control_plane.source()),
            pools::registry_settings(settings),
            Arc::new(pools::pool_settings(settings, budget.clone())),
        );
        let networks = TrustedNetworks::new(settings.tenant_plane.trusted_networks.iter().copied());
        let auth = AdminAuth::new(settings.admin_plane.token.clone(), control_plane.store().clone());
        // As the service's login: it reads in the catalogs whatever a superuser does.
        let doctor = Doctor::new(clusters::patients(settings, |_| None)?);
        let examinations = Examinations::new(doctor, settings.doctor.on_start);
        let health = Health::new(control_plane.store().clone(), stopping, examinations.clone());
        Ok(Self {
            tenant_plane: stack(
                api::plane(&registry, networks).route_layer(Admit(Gate(examinations.clone()))),
                around("tenant", &settings.tenant_plane.limits),
            ),
            admin_plane: stack(
                admin::plane(
                    control_plane.clone(),
                    registry.clone(),
                    budget.clone(),
                    examinations.clone(),
                    auth,
                    health,
                ),
                around("admin", &settings.admin_plane.limits),
            ),
            registry,
            budget,
            control_plane,
            examinations,
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

fn control_plane(settings: &Settings, envelope: Envelope) -> Result<ControlPlane, ClusterError> {
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
        instances: settings.registry.instances,
    };
    Ok(ControlPlane::open(databases, envelope))
}

fn around(plane: &'static str, limits: &PlaneLimits) -> StackSettings {
    StackSettings {
        deadline: limits.request_timeout,
        body_limit: limits.body_limit,
        body_whole: limits.body_timeout,
        ..StackSettings::new(plane)
    }
}
