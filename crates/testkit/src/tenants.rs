//! A control plane over a test's databases, and tenants in it.

use std::sync::Arc;

use control_plane::{ControlPlane, ControlPlaneSettings, Tenant, TenantName};
use crypto::{Envelope, KekId, KeyRing, LocalKeyProvider};
use schema::{Cluster, Database, DatabaseName, SERVICE, migrate};
use tenant_registry::{Budget, BudgetSettings, BudgetedSettings, SentinelSettings, TenantId};
use uuid::Uuid;

use crate::{Databases, LIMITS, TestServer};

/// How a test's tenants are limited unless it says otherwise.
const MAX_CONNECTIONS: u32 = 5;
/// So many that a login's limit leaves room for the largest pool that there is, whatever its tenant's maximum is.
const INSTANCES: u32 = 13;

impl TestServer {
    /// What a control plane over two databases of this server needs.
    pub fn control_plane_settings(&self, control: DatabaseName, data: DatabaseName) -> ControlPlaneSettings {
        assert_eq!(self.service().user, SERVICE, "the service's login has no power");
        ControlPlaneSettings {
            control: self.cluster().clone(),
            control_database: control,
            control_login: self.service().clone(),
            control_connections: 5,
            data: self.cluster().clone(),
            data_database: data,
            data_login: self.service().clone(),
            max_connections_per_tenant: MAX_CONNECTIONS,
            instances: INSTANCES,
        }
    }

    /// Migrates two databases of a [bare](Self::bare) server, with or without its superuser's help, and opens a control
    /// plane over them that counts on so many instances of the service.
    ///
    /// # Panics
    /// When a name is none, or a migration fails.
    pub async fn migrated(
        &self,
        [control, data]: [&str; 2],
        superuser: bool,
        instances: u32,
    ) -> ControlPlane {
        for (database, name) in [(Database::Control, control), (Database::Data, data)] {
            migrate(&self.target(database, name, superuser), LIMITS)
                .await
                .unwrap_or_else(|error| panic!("{name} is not migrated: {error:?}"));
        }
        let name = |name: &str| name.parse().expect("a test's database name is valid");
        let settings = ControlPlaneSettings {
            instances,
            ..self.control_plane_settings(name(control), name(data))
        };
        ControlPlane::open(settings, envelope())
    }
}

impl Databases {
    /// What a control plane over these databases needs.
    pub fn settings(&self) -> ControlPlaneSettings {
        let (control, data) = (self.control().clone(), self.data().clone());
        self.server().control_plane_settings(control, data)
    }

    /// A control plane with a key ring of its own.
    pub fn control_plane(&self) -> ControlPlane {
        ControlPlane::open(self.settings(), envelope())
    }

    /// A control plane that reaches the tenants' database by another way, such as a [`Proxy`](crate::Proxy).
    pub fn control_plane_by_way_of(&self, data: Cluster) -> ControlPlane {
        ControlPlane::open(
            ControlPlaneSettings {
                data,
                ..self.settings()
            },
            envelope(),
        )
    }
}

/// An envelope over a fresh key ring that is nowhere written down.
pub fn envelope() -> Envelope {
    let id = KekId::random().expect("there are random bytes");
    let ring = KeyRing::generate(id, None).expect("a key ring can be made");
    Envelope::new(Arc::new(LocalKeyProvider::new(ring)))
}

/// What pools of this control plane's tenants need: a budget of their own, as large as the server allows. Must be
/// called within a tokio runtime.
pub fn budgeted(plane: &ControlPlane) -> Arc<BudgetedSettings> {
    let sentinel = SentinelSettings {
        connect: plane.sentinel_login(),
        end_backend: Some(Arc::new(ControlPlane::end_backend_sql)),
    };
    Arc::new(BudgetedSettings::new(Budget::start(BudgetSettings::new(
        sentinel,
    ))))
}

/// A new, active tenant of this name.
pub async fn tenant(plane: &ControlPlane, name: &str) -> Tenant {
    let name = TenantName::new(name).expect("a test's tenant name is valid");
    plane
        .create_tenant(name, None)
        .await
        .unwrap_or_else(|error| panic!("no tenant: {error:?}"))
}

/// This many new, active tenants.
pub async fn tenants(plane: &ControlPlane, count: usize) -> Vec<Tenant> {
    let mut tenants = Vec::with_capacity(count);
    for number in 0..count {
        tenants.push(tenant(plane, &format!("tenant {number}")).await);
    }
    tenants
}

/// The id of a tenant that does not exist.
pub fn unknown_tenant() -> TenantId {
    Uuid::new_v4().into()
}
