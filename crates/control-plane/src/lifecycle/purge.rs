//! Deletion of a purged tenant's rows, with a login of the tenant: row level security keeps it from other tenants' rows.

use schema::{Cluster, GeneratedPassword, Login, purge_login, scram};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tenant_registry::TenantId;

use super::step_error::StepError;
use crate::service_pool::ServicePool;
use crate::tenant_logins;

/// The tenants' database, to purge rows from.
#[derive(Clone)]
pub(crate) struct Purge {
    pub(crate) cluster: Cluster,
    pub(crate) database: String,
}

impl Purge {
    /// Deletes up to `most` of the tenant's rows and returns their number; 0 when a count finds none left. Uses a login
    /// for this purpose alone, with a password that is not stored.
    pub(crate) async fn remove_rows(
        &self,
        service: &ServicePool,
        tenant: TenantId,
        most: i32,
    ) -> Result<i64, StepError> {
        let password = GeneratedPassword::random()?;
        let verifier = scram::of_generated(&password)?;
        tenant_logins::begin_purge(service, tenant, &verifier).await?;
        let login = Login::new(purge_login(tenant), password.into_secret());
        let options = self.cluster.options(&login, &self.database).options([
            ("statement_timeout", "15000"),
            ("lock_timeout", "5000"),
            ("row_security", "on"),
            ("role", "none"),
            // Without these the session would outlive a vanished client for hours.
            ("tcp_keepalives_idle", "5"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
        ]);
        let mut session = self.cluster.connect(&options).await?;
        let removed = delete_batch(&mut session, most).await;
        session.close().await?;
        removed
    }
}

/// Deletes a batch. When nothing was deleted, counts what is left: a trigger or rule may keep a row, or a policy hide it.
async fn delete_batch(session: &mut PgConnection, most: i32) -> Result<i64, StepError> {
    let removed: i64 = sqlx::query_scalar("SELECT app.purge_rows($1)")
        .bind(most)
        .fetch_one(&mut *session)
        .await?;
    if removed > 0 {
        return Ok(removed);
    }
    let left: Option<(String, Option<i64>)> = sqlx::query_as("SELECT name, left_over FROM app.rows_left()")
        .fetch_optional(session)
        .await?;
    match left {
        None => Ok(0),
        Some((table, Some(rows))) => Err(StepError::RowsLeft { table, rows }),
        Some((table, None)) => Err(StepError::RowsUncounted { table }),
    }
}
