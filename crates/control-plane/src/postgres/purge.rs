//! Removes a tenant's rows, as the tenant itself: under row level security, so that it reaches nobody else's.

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tenant_registry::TenantId;

use super::{Cluster, Login, names, scram, tenant_roles};
use crate::credentials::GeneratedPassword;
use crate::lifecycle::StepError;
use crate::service_pool::ServicePool;

/// How to reach the tenants' rows.
#[derive(Clone)]
pub(crate) struct Purge {
    pub(crate) cluster: Cluster,
    pub(crate) database: String,
}

impl Purge {
    /// Removes up to `most` of the tenant's rows, and says how many; 0 when none is left, by count. It logs in by a login
    /// that exists for this alone, with a password that is nowhere kept.
    pub(crate) async fn remove_rows(
        &self,
        service: &ServicePool,
        tenant: TenantId,
        most: i32,
    ) -> Result<i64, StepError> {
        let password = GeneratedPassword::random()?;
        let verifier = scram::of_generated(&password)?;
        tenant_roles::begin_purge(service, tenant, &verifier).await?;
        let login = Login::new(names::purge_login(tenant), password.into_secret());
        let options = self.cluster.options(&login, &self.database).options([
            ("statement_timeout", "15000"),
            ("lock_timeout", "5000"),
            ("row_security", "on"),
            ("role", "none"),
            // Should this machine vanish, the session does not stay for hours.
            ("tcp_keepalives_idle", "5"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
        ]);
        let mut session = self.cluster.connect(&options).await?;
        let removed = remove(&mut session, most).await;
        session.close().await?;
        removed
    }
}

/// What is not removed any more may be there still: a trigger or a rule keeps it, or a policy hides it.
async fn remove(session: &mut PgConnection, most: i32) -> Result<i64, StepError> {
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
