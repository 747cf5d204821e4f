//! Assembly of the service from its crates, for the binary and for tests.

use std::path::Path;
use std::sync::Arc;

use admin::{AdminAuth, Health};
use api::{Admission, TenantRegistry};
use axum::http::HeaderValue;
use config::{AdminPlaneSettings, PlaneLimits, PlaneTls, Settings};
use control_plane::{ControlPlane, ControlPlaneSettings};
use crypto::{Envelope, KeyRing, KeyRingError, LocalKeyProvider};
use isolation_doctor::{Doctor, Examinations};
use jwt_verifier::SettingsError;
use tenant_registry::{Budget, Registry};
use tokio_util::sync::CancellationToken;
use web::middleware::{AllowedHosts, hsts};
use web::page::{CursorKey, CursorKeys};
use web::{Stack, StackSettings, reference, stack};

use crate::api_keys::KeyVerifier;
use crate::clusters::ClusterError;
use crate::issuers::VerifierIssuers;
use crate::plans::Plans;
use crate::tenant_plane::Shared;
use crate::{clusters, pools, tokens};

/// The service without its listeners.
pub struct App {
    /// Handlers of the tenant plane, in the order of [`config::TenantPlaneSettings::all_listeners`].
    pub tenant_plane: Vec<Stack>,
    /// Handler of the admin plane.
    pub admin_plane: Stack,
    /// The tenants' pools.
    pub registry: TenantRegistry,
    /// The connection budget that all of these pools share.
    pub budget: Budget,
    /// The control plane.
    pub control_plane: ControlPlane,
    /// The doctor's examinations.
    pub examinations: Examinations,
}

/// The service cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A cluster's.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Those of an issuer of tokens.
    #[error("tenant_plane.jwt.issuers")]
    Issuers(#[from] SettingsError),
}

impl App {
    /// Builds the service from these settings; `cursors` sign those of the tenant plane. Cancelling `stopping` fails the readiness probe; `reserve` connections
    /// of the data cluster are kept from tenants. Does not wait for a database: the budget connects in the background,
    /// everything else on first use. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When a key is missing that serving needs, or a file of a cluster's authorities or of an issuer's keys cannot be
    /// used.
    pub fn new(
        settings: &Settings,
        envelope: Envelope,
        cursors: CursorKeys,
        stopping: CancellationToken,
        reserve: u32,
    ) -> Result<Self, AppError> {
        let control_plane = control_plane(settings, envelope)?;
        let budget = pools::budget(settings, &control_plane, reserve);
        let registry = Registry::new(
            Arc::new(control_plane.source()),
            pools::registry_settings(settings),
            Arc::new(pools::pool_settings(settings, budget.clone())),
        );
        let keys = Arc::new(KeyVerifier {
            keys: control_plane.live_keys().clone(),
            max_staleness: settings.tenant_plane.max_key_staleness,
        });
        let verifier = tokens::verifier(&settings.tenant_plane.jwt_issuers)?;
        let tokens = verifier.clone().map(tokens::tokens);
        let issuers = Arc::new(VerifierIssuers(verifier));
        let plans = Arc::new(Plans(control_plane.live_plans().clone()));
        let admission = Admission::new(plans, settings.tenant_plane.max_concurrent_requests);
        admission.start_upkeep();
        let auth = AdminAuth::new(settings.admin_plane.token.clone(), control_plane.store().clone());
        // With the service's login, which can read as much of the catalogs as a superuser.
        let doctor = Doctor::new(clusters::doctor_settings(settings, |_| None)?);
        let examinations = Examinations::new(doctor, settings.doctor.on_start);
        let health = Health::new(control_plane.store().clone(), stopping, examinations.clone());
        let tenant_plane = Shared {
            registry: registry.clone(),
            keys,
            tokens,
            examinations: examinations.clone(),
            cursors,
            admission,
        };
        Ok(Self {
            tenant_plane: tenant_plane.stacks(&settings.tenant_plane),
            admin_plane: stack(
                admin::plane(
                    control_plane.clone(),
                    registry.clone(),
                    budget.clone(),
                    examinations.clone(),
                    issuers,
                    auth,
                    health,
                )
                // Without a token, as the probes: the description is no secret, and a browser's page has none to send.
                .merge(reference::routes(&admin::document())),
                admin_stack(&settings.admin_plane),
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

/// The keys that sign the tenant plane's cursors: derived from the key ring, so that every replica has the same, and that
/// a cursor is valid as long as its key is in the ring.
///
/// # Errors
/// When no keys can be derived.
pub async fn cursor_keys(envelope: &Envelope) -> Result<CursorKeys, crypto::Error> {
    let derived = envelope.derive_keys("tenant-plane-cursors").await?;
    let mut keys = derived.iter().map(|key| CursorKey::new(key.expose()));
    let current = keys.next().ok_or(crypto::Error::NotDerivable)?;
    Ok(CursorKeys::new(current, keys))
}

/// The control plane over the databases of these settings.
pub(crate) fn control_plane(settings: &Settings, envelope: Envelope) -> Result<ControlPlane, ClusterError> {
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

fn admin_stack(settings: &AdminPlaneSettings) -> StackSettings {
    StackSettings {
        same_site_below: Some("/"),
        ..around("admin", &settings.limits, &settings.tls, &settings.allowed_hosts)
    }
}

/// The settings of a stack that both planes have.
pub(crate) fn around(
    plane: &'static str,
    limits: &PlaneLimits,
    tls: &PlaneTls,
    hosts: &[String],
) -> StackSettings {
    StackSettings {
        secret_prefix: Some(admin::SECRET_PREFIX),
        deadline: limits.request_timeout,
        body_limit: limits.body_limit,
        body_whole: limits.body_timeout,
        hsts: tls.tls_cert_file.as_ref().and_then(|_| hsts(tls.hsts_days)),
        allowed_hosts: AllowedHosts::new(hosts.iter().map(String::as_str)),
        ..StackSettings::new(plane)
    }
}

/// The configuration takes none that is not ASCII.
pub(crate) fn origins(texts: &[String]) -> Vec<HeaderValue> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}
