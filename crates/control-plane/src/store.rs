//! The control store: the only module that has queries over `control.*`.

mod activity;
mod admin_tokens;
mod api_keys;
mod audit;
mod begin;
mod created_at;
mod creations;
mod credentials;
mod idempotency;
mod leases;
mod lifecycle;
mod logins;
mod operations;
mod standing;
mod steps;
mod tenant_changes;
mod tenants;

use sqlx::Connection as _;
use sqlx::postgres::PgPoolOptions;
use tenant_registry::{ConnectFailure, Failure, bounded_pings};
use tokio::time::timeout;

pub use admin_tokens::{CreateTokenError, RevokeError};
pub use api_keys::{ApiKeyChange, ApiKeyFilter, ChangeKeyError, CreateKeyError};
pub use audit::{AuditFilter, AuditRecord};
pub(crate) use begin::Committed;
pub use created_at::CreatedAt;
pub(crate) use credentials::{FIRST_VERSION, StoredCredential};
pub use idempotency::{ClaimedKey, KeyClaim};
pub(crate) use leases::{Claim, Lease};
pub use operations::OperationFilter;
pub(crate) use standing::standing;
pub(crate) use steps::Effect;
pub(crate) use tenant_changes::Bounds;
pub use tenants::TenantFilter;

use crate::postgres::{Cluster, Database, Login, SchemaStatus, read_back, schema_status};
use crate::service_pool::ServicePool;
use std::sync::Arc;
use std::time::Duration;

/// The control store, with the rights of the service's login.
#[derive(Debug, Clone)]
pub struct Store {
    pool: ServicePool,
}

/// Why the store has no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No session could be had.
    #[error("no connection to PostgreSQL")]
    Connect(#[source] Arc<sqlx::Error>),
    /// PostgreSQL, or the way to it, failed.
    #[error("PostgreSQL failed")]
    Postgres(#[source] sqlx::Error),
    /// A row holds what no version of this program writes.
    #[error("the control store holds an invalid {0}")]
    Invalid(&'static str),
    /// The work ended without an answer.
    #[error("the work was interrupted")]
    Interrupted,
}

impl StoreError {
    /// What kind of failure it is.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Connect(cause) => match ConnectFailure(Arc::clone(cause)).kind() {
                Failure::Other => Failure::Unreachable,
                kind => kind,
            },
            Self::Postgres(cause) => Failure::of(cause),
            Self::Invalid(_) | Self::Interrupted => Failure::Other,
        }
    }

    /// How long it is until asking again may help, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Postgres(cause) => Failure::retry_after(cause),
            Self::Connect(_) | Self::Invalid(_) | Self::Interrupted => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Configuration(cause) => match cause.downcast::<ConnectFailure>() {
                Ok(failure) => Self::Connect(failure.0),
                Err(cause) => Self::Postgres(sqlx::Error::Configuration(cause)),
            },
            error => Self::Postgres(error),
        }
    }
}

impl Store {
    /// A store that logs in when it is asked first.
    pub fn open(cluster: &Cluster, database: &str, service: &Login, max_connections: u32) -> Self {
        Self {
            pool: lazy_pool(cluster, database, service, max_connections),
        }
    }

    /// How the store's schema stands to this binary.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn schema_status(&self) -> Result<SchemaStatus, StoreError> {
        Ok(schema_status(&self.pool, Database::Control).await?)
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes the pool; waits for borrowed connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// How long a connection may take to answer before it is used.
const PING_BEFORE_USE: Duration = Duration::from_secs(1);
/// How long a connection that is given back may take to answer.
const PING: Duration = Duration::from_secs(2);

/// A small pool of the service's own, opened when it is used first.
pub(crate) fn lazy_pool(
    cluster: &Cluster,
    database: &str,
    service: &Login,
    max_connections: u32,
) -> ServicePool {
    let connect = cluster.options(service, database).options([
        ("statement_timeout", "10000"),
        ("lock_timeout", "5000"),
        // A replica that has vanished without a word holds what it has locked no longer than this.
        ("idle_in_transaction_session_timeout", "10000"),
        // One plan for all lengths of a page sorts all tenants for each: 9 times as long at ten thousand. A plan for
        // each statement costs a seventh of a millisecond.
        ("plan_cache_mode", "force_custom_plan"),
    ]);
    let expected = connect.clone();
    let options = bounded_pings(PgPoolOptions::new(), Duration::ZERO, PING_BEFORE_USE)
        .max_connections(max_connections)
        .after_connect(move |connection, _| {
            let expected = expected.clone();
            Box::pin(async move { read_back(connection, &expected).await })
        })
        .acquire_timeout(cluster.connect_timeout)
        .idle_timeout(Duration::from_mins(5))
        // sqlx pings on return without a limit, and on a silent network would keep the place for ever.
        .after_release(|connection, _| {
            Box::pin(async move {
                timeout(PING, connection.ping())
                    .await
                    .map_err(std::io::Error::from)??;
                Ok(true)
            })
        });
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that opens a pool of the control plane"
    )]
    ServicePool::new(options.connect_lazy_with(connect))
}
