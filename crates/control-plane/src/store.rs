//! The control store: the only module with queries over `control.*`.

mod activity;
pub(crate) mod admin_tokens;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod change_error;
pub(crate) mod created_at;
pub(crate) mod creations;
pub(crate) mod credentials;
pub(crate) mod error;
pub(crate) mod idempotency;
pub(crate) mod operation_leases;
pub(crate) mod operations;
pub(crate) mod plans;
mod refused_logins;
pub(crate) mod standing;
pub(crate) mod start_operation;
pub(crate) mod step_effects;
pub(crate) mod tenant_changes;
pub(crate) mod tenants;
mod transitions;

use schema::{Cluster, Database, Login, SchemaStatus, schema_status};

use self::error::StoreError;
use crate::service_pool::ServicePool;

/// The control store, with the rights of the service's login.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: ServicePool,
}

impl Store {
    /// A store that logs in on its first use.
    pub fn open(cluster: &Cluster, database: &str, service: &Login, max_connections: u32) -> Self {
        Self {
            pool: ServicePool::open(cluster, database, service, max_connections),
        }
    }

    /// Compares the store's migrations with those of this binary.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn schema_status(&self) -> Result<SchemaStatus, StoreError> {
        Ok(schema_status(&self.pool, Database::Control).await?)
    }

    /// Checks that the store answers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes the pool after all borrowed connections have been returned.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
