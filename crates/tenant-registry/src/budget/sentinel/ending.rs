//! Backends that should be gone and are not, ended by the server.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::Sentinel;
use crate::TenantId;

/// How many backends are ended between two looks, and how long that may take: ending one may have to wait for a lock.
const AT_ONCE: usize = 16;
pub(super) const DEADLINE: Duration = Duration::from_secs(3);

impl Sentinel {
    /// Ends some of what should be gone and is not; the rest after the next look, so that nobody waits for all of it.
    pub(super) async fn end_some(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let Some(inner) = self.budget.upgrade() else {
            return Ok(());
        };
        let settings = inner.settings.sentinel.clone();
        drop(inner);
        let some = self.to_end.len().min(AT_ONCE);
        for (tenant, pid) in self.to_end.drain(..some) {
            if let Some(sql) = settings.statement_to_end(tenant) {
                end_backend(connection, sql, tenant, pid).await?;
            }
        }
        Ok(())
    }
}

/// Whoever may not do it says so in the log, once for each backend: it will be waited for.
async fn end_backend(
    connection: &mut PgConnection,
    sql: String,
    tenant: TenantId,
    pid: i32,
) -> Result<(), sqlx::Error> {
    // The text is the operator's own, and what varies in it is a tenant's id that was parsed as one.
    let ended = sqlx::query(AssertSqlSafe(sql))
        .bind(tenant.as_uuid())
        .bind(pid)
        .execute(connection)
        .await;
    match ended {
        Err(error @ sqlx::Error::Database(_)) => {
            tracing::warn!(%tenant, pid, %error, "a backend could not be ended");
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}
