//! The control plane as one handle.

use std::sync::Arc;
use std::time::Duration;

use crypto::Envelope;
use sqlx::postgres::PgConnectOptions;
use tenant_registry::TenantId;

use crate::changes::ListenerQuestions;
use crate::postgres::{
    Cluster, Database, DatabaseName, Login, Purge, SchemaStatus, TENANT_LOGIN, schema_status, tenant_roles,
};
use crate::service_pool::ServicePool;
use crate::source::StoreSource;
use crate::store::{Store, StoreError, lazy_pool};
use crate::tenant::LoginLimit;
use crate::vault::{Vault, VaultError};

/// Provisioning is rare and short.
const DATA_CONNECTIONS: u32 = 4;
/// A purge logs in by itself.
const PURGE_CONNECTIONS: u32 = 1;
/// The listener for changes has its own.
const LISTENER_CONNECTIONS: u32 = 1;

/// Where the control plane finds its two databases.
#[derive(Debug, Clone)]
pub struct ControlPlaneSettings {
    /// The control store's cluster.
    pub control: Cluster,
    /// The control store's database.
    pub control_database: DatabaseName,
    /// The password of `tenantry_service` there.
    pub control_login: Login,
    /// The most connections to the control store.
    pub control_connections: u32,
    /// The data cluster.
    pub data: Cluster,
    /// The tenants' database.
    pub data_database: DatabaseName,
    /// The login of `tenantry_service` there.
    pub data_login: Login,
    /// The most connections that a tenant may hold unless it has a limit of its own.
    pub max_connections_per_tenant: u32,
    /// How many processes serve tenants at once.
    pub instances: u32,
}

/// Why the keys are not known to fit the store.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The store cannot be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys are not those that sealed this tenant's password.
    #[error("the keys do not open the password of tenant {tenant}")]
    DoNotOpen {
        /// Whose password it is.
        tenant: TenantId,
        /// What the envelope says.
        #[source]
        cause: VaultError,
    },
}

/// Tenants: their store, roles and credentials. Cheap to clone; logs in when it is used first.
#[derive(Clone)]
pub struct ControlPlane {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    /// The service's own connections to the data cluster.
    pub(crate) data: ServicePool,
    pub(crate) listener: ListenerQuestions,
    settings: Arc<ControlPlaneSettings>,
}

impl ControlPlane {
    /// The control plane over these databases, with this envelope for the tenants' passwords.
    pub fn open(settings: ControlPlaneSettings, envelope: Envelope) -> Self {
        let store = Store::open(
            &settings.control,
            settings.control_database.as_str(),
            &settings.control_login,
            settings.control_connections,
        );
        let data = lazy_pool(
            &settings.data,
            settings.data_database.as_str(),
            &settings.data_login,
            DATA_CONNECTIONS,
        );
        Self {
            store,
            vault: Vault::new(envelope),
            data,
            listener: ListenerQuestions::default(),
            settings: Arc::new(settings),
        }
    }

    /// The most connections that a control plane has to the data cluster at a time.
    pub const fn data_connections() -> u32 {
        DATA_CONNECTIONS + PURGE_CONNECTIONS
    }

    /// The most that it has to the control store's server, of which `pool` are in its pool.
    pub const fn store_connections(pool: u32) -> u32 {
        pool + LISTENER_CONNECTIONS
    }

    /// The control store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the registry asks for tenants.
    pub fn source(&self) -> StoreSource {
        StoreSource {
            store: self.store.clone(),
            listener: self.listener.clone(),
            vault: self.vault.clone(),
            cluster: self.settings.data.clone(),
            database: self.settings.data_database.to_string(),
            max_connections: self.settings.max_connections_per_tenant,
        }
    }

    /// The most connections of a tenant that has no limit of its own.
    pub(crate) fn default_max(&self) -> u32 {
        self.settings.max_connections_per_tenant
    }

    /// What bounds the sessions of a tenant's login, the service's own and those of a stolen password.
    pub(crate) fn login_limit(&self) -> LoginLimit {
        LoginLimit {
            default_max: self.settings.max_connections_per_tenant,
            instances: self.settings.instances,
        }
    }

    /// How the listener for changes logs in to the control store, and how long that may take.
    pub(crate) fn listener_login(&self) -> (PgConnectOptions, Duration) {
        let settings = &self.settings;
        let login = settings
            .control
            .options(&settings.control_login, settings.control_database.as_str());
        (login, settings.control.connect_timeout)
    }

    /// How a sentinel and a watchdog log in to the tenants' database: with the service's login, which has no power there
    /// but to execute the provisioners' functions and the watchdog's. No tenant keeps it waiting for longer than a second. Beware: `Debug` of
    /// the result shows the password.
    pub fn sentinel_login(&self) -> PgConnectOptions {
        let settings = &self.settings;
        settings
            .data
            .options(&settings.data_login, settings.data_database.as_str())
            .options([("statement_timeout", "5000"), ("lock_timeout", "1000")])
    }

    /// How a purge removes rows.
    pub(crate) fn purge(&self) -> Purge {
        Purge {
            cluster: self.settings.data.clone(),
            database: self.settings.data_database.to_string(),
        }
    }

    /// How a watchdog tells tenants' logins from others: a regular expression of PostgreSQL's, whose group is the
    /// tenant's id.
    pub const TENANT_LOGIN: &'static str = TENANT_LOGIN;

    /// The text by which a watchdog has the server end a session of a tenant's that still holds too much: `$1` is the
    /// tenant (`uuid`), `$2` the backend's process id (`int4`), `$3` the entries of the lock table beyond which it is
    /// ended (`int4`). The answer is one `boolean`. It writes nothing.
    pub const END_SESSION: &'static str = tenant_roles::END_SESSION;

    /// The text by which a sentinel has the server end one backend, if it is a session of this tenant's: `$1` is the
    /// tenant (`uuid`), `$2` the backend's process id (`int4`). The answer is one `boolean`: false when the tenant has
    /// no such session.
    pub fn end_backend_sql(tenant: TenantId) -> String {
        tenant_roles::end_backend_sql(tenant)
    }

    /// How the tenants' database stands to this binary.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn data_schema_status(&self) -> Result<SchemaStatus, StoreError> {
        Ok(schema_status(&self.data, Database::Data).await?)
    }

    /// Whether the keys open what the store holds, tried with the first and the last tenant: a ring of another store
    /// would serve none of them.
    ///
    /// # Errors
    /// When the store cannot be asked, and when a password does not open.
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
