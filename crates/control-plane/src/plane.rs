//! The control plane's handle: store, vault and connections to the data cluster.

use std::sync::Arc;
use std::time::Duration;

use crypto::Envelope;
use sqlx::postgres::PgConnectOptions;
use tenant_registry::TenantId;

use crate::live_keys::LiveKeys;
use crate::live_plans::LivePlans;
use crate::service_pool::ServicePool;
use crate::source::StoreSource;
use crate::standing_queries::StandingQueries;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::tenant_logins;
use crate::vault::{Vault, VaultError};
use schema::{Cluster, Database, DatabaseName, Login, LoginLimit, SchemaStatus, TENANT_LOGIN, schema_status};

/// The pool to the data cluster is small: provisioning is rare and short.
const DATA_CONNECTIONS: u32 = 4;
/// A purge has a connection of its own.
const PURGE_CONNECTIONS: u32 = 1;
/// The listener for changes of tenants, and the follower of API keys and plans, have a connection each.
const LISTENER_CONNECTIONS: u32 = 2;

/// The databases of the control plane, and limits.
#[derive(Debug, Clone)]
pub struct ControlPlaneSettings {
    /// The control store's cluster.
    pub control: Cluster,
    /// The control store's database.
    pub control_database: DatabaseName,
    /// The login of `tenantry_service` there.
    pub control_login: Login,
    /// The size of the pool to the control store.
    pub control_connections: u32,
    /// The data cluster.
    pub data: Cluster,
    /// The tenants' database.
    pub data_database: DatabaseName,
    /// The login of `tenantry_service` there.
    pub data_login: Login,
    /// The maximum of connections of a tenant without a limit of its own.
    pub max_connections_per_tenant: u32,
    /// The number of processes that serve tenants at the same time.
    pub instances: u32,
}

/// Why the keys could not be verified against the store.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys do not open this tenant's password.
    #[error("the keys do not open the password of tenant {tenant}")]
    DoNotOpen {
        /// The tenant.
        tenant: TenantId,
        /// Why it does not open.
        #[source]
        cause: VaultError,
    },
}

/// The control plane. Cheap to clone; logs in on its first use.
#[derive(Clone)]
pub struct ControlPlane {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    /// The service's own connections to the data cluster.
    pub(crate) data: ServicePool,
    pub(crate) standing_queries: StandingQueries,
    live_keys: LiveKeys,
    live_plans: LivePlans,
    settings: Arc<ControlPlaneSettings>,
}

impl ControlPlane {
    /// A control plane over these databases, with this envelope for tenants' passwords.
    pub fn open(settings: ControlPlaneSettings, envelope: Envelope) -> Self {
        let store = Store::open(
            &settings.control,
            settings.control_database.as_str(),
            &settings.control_login,
            settings.control_connections,
        );
        let data = ServicePool::open(
            &settings.data,
            settings.data_database.as_str(),
            &settings.data_login,
            DATA_CONNECTIONS,
        );
        Self {
            store,
            vault: Vault::new(envelope),
            data,
            standing_queries: StandingQueries::default(),
            live_keys: LiveKeys::new(),
            live_plans: LivePlans::new(),
            settings: Arc::new(settings),
        }
    }

    /// The maximum of its connections to the data cluster.
    pub const fn data_connections() -> u32 {
        DATA_CONNECTIONS + PURGE_CONNECTIONS
    }

    /// The maximum of its connections to the control store with a pool of this size.
    pub const fn store_connections(pool: u32) -> u32 {
        pool + LISTENER_CONNECTIONS
    }

    /// The control store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The API keys that are valid now, for verifying those that callers present.
    pub fn live_keys(&self) -> &LiveKeys {
        &self.live_keys
    }

    /// What each tenant may now, for the limits of its requests.
    pub fn live_plans(&self) -> &LivePlans {
        &self.live_plans
    }

    /// The source of tenants for a registry.
    pub fn source(&self) -> StoreSource {
        StoreSource {
            store: self.store.clone(),
            standing_queries: self.standing_queries.clone(),
            vault: self.vault.clone(),
            cluster: self.settings.data.clone(),
            database: self.settings.data_database.to_string(),
            max_connections: self.settings.max_connections_per_tenant,
        }
    }

    /// The maximum of connections of a tenant without a limit of its own.
    pub(crate) fn default_max(&self) -> u32 {
        self.settings.max_connections_per_tenant
    }

    /// The `CONNECTION LIMIT` of tenants' logins, which bounds sessions of a stolen password too.
    pub(crate) fn login_limit(&self) -> LoginLimit {
        LoginLimit {
            default_max: self.settings.max_connections_per_tenant,
            instances: self.settings.instances,
        }
    }

    /// The login of the listener for changes, and its timeout.
    pub(crate) fn listener_login(&self) -> (PgConnectOptions, Duration) {
        let settings = &self.settings;
        let login = settings
            .control
            .options(&settings.control_login, settings.control_database.as_str());
        (login, settings.control.connect_timeout)
    }

    /// The login of a sentinel and a watchdog in the tenants' database: the service's, which may only execute the functions
    /// of the provisioners and the watchdog. No tenant's lock delays it by more than a second. Beware: `Debug` of the result
    /// shows the password.
    pub fn sentinel_login(&self) -> PgConnectOptions {
        let settings = &self.settings;
        settings
            .data
            .options(&settings.data_login, settings.data_database.as_str())
            .options([("statement_timeout", "5000"), ("lock_timeout", "1000")])
    }

    /// The data cluster.
    pub(crate) fn data_cluster(&self) -> &Cluster {
        &self.settings.data
    }

    /// The tenants' database.
    pub(crate) fn data_database(&self) -> &DatabaseName {
        &self.settings.data_database
    }

    /// For a watchdog: matches tenants' logins, as a regular expression of PostgreSQL's. The group is the tenant's id.
    pub const TENANT_LOGIN: &'static str = TENANT_LOGIN;

    /// For a watchdog: the statement that ends tenants' sessions that still hold too many locks. `$1`: the tenants
    /// (`uuid[]`), `$2`: the backends' process ids (`int4[]`), `$3`: the number of lock table entries above which each is
    /// ended (`int4[]`; NULL: always). Returns one `boolean[]`, and writes nothing.
    pub const END_SESSIONS: &'static str = tenant_logins::END_SESSIONS;

    /// For a sentinel: the statement that ends one backend if it is a session of this tenant. `$1`: the tenant (`uuid`),
    /// `$2`: the backend's process id (`int4`). Returns one `boolean`: false when the tenant has no such session.
    pub fn end_backend_sql(tenant: impl Into<TenantId>) -> String {
        tenant_logins::end_backend_sql(tenant.into())
    }

    /// For a watchdog: the statement that sets a tenant's `CONNECTION LIMIT`. `$1`: the tenant (`uuid`), `$2`: the limit
    /// (`int4`). The upkeep of logins restores the limit within a minute.
    pub fn limit_connections_sql(tenant: impl Into<TenantId>) -> String {
        tenant_logins::limit_connections_sql(tenant.into())
    }

    /// Compares the migrations of the tenants' database with those of this binary.
    ///
    /// # Errors
    /// When the query fails.
    pub async fn data_schema_status(&self) -> Result<SchemaStatus, StoreError> {
        Ok(schema_status(&self.data, Database::Data).await?)
    }

    /// Checks that the keys open the passwords of the oldest and the newest tenant: with another store's key ring, no
    /// tenant could be served.
    ///
    /// # Errors
    /// When the store fails, and when a password does not open.
    pub async fn check_keys(&self) -> Result<(), KeysError> {
        for tenant in self.store.oldest_and_newest_tenant().await? {
            if let Some(stored) = self.store.credential(tenant).await? {
                let opened = self.vault.open(tenant, &stored).await;
                opened.map_err(|cause| KeysError::DoNotOpen { tenant, cause })?;
            }
        }
        Ok(())
    }

    /// Closes the control plane's own connections.
    pub async fn close(&self) {
        self.store.close().await;
        self.data.close().await;
    }
}
