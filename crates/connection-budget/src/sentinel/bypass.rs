//! Detection of logins that get BYPASSRLS or superuser while their sessions are open.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::time::Instant;

use super::Sentinel;
use crate::invalidation;

/// Poll interval: a new privilege is noticed within this time.
const INTERVAL: Duration = Duration::from_secs(1);

/// Sessions of superusers and of logins with BYPASSRLS. Looks up only the roles of sessions, by index, so that
/// thousands of tenants do not matter.
const UNBOUND: &str = "SELECT backend.pid, role.rolname::text
    FROM pg_catalog.pg_stat_get_activity(NULL) AS backend
    JOIN pg_catalog.pg_roles AS role ON role.oid = backend.usesysid
    WHERE role.oid = ANY (ARRAY(SELECT DISTINCT usesysid FROM pg_catalog.pg_stat_get_activity(NULL)))
    AND (role.rolsuper OR role.rolbypassrls)";

#[derive(Default)]
pub(super) struct BypassCheck {
    polled_at: Option<Instant>,
}

impl BypassCheck {
    /// Ends all sessions of tenants whose login bypasses row level security. Polls at most once per interval.
    pub(super) async fn poll(
        &mut self,
        connection: &mut PgConnection,
        sentinel: &Sentinel,
    ) -> Result<(), sqlx::Error> {
        if self
            .polled_at
            .is_some_and(|polled_at| polled_at.elapsed() < INTERVAL)
        {
            return Ok(());
        }
        self.polled_at = Some(Instant::now());
        let unbound: Vec<(i32, String)> = sqlx::query_as(UNBOUND).fetch_all(connection).await?;
        let Some(inner) = sentinel.budget.upgrade() else {
            return Ok(());
        };
        let is_unbound = |login: &str| unbound.iter().any(|(_, role)| role == login);
        let accounts = inner.with(|core| {
            invalidation::accounts(core, |account| {
                is_unbound(account.connector.connect().get_username())
            })
        });
        for account in accounts {
            let (tenant, connect) = (account.tenant, account.connector.connect());
            tracing::error!(%tenant, "tenant's login bypasses row level security; ending its sessions");
            invalidation::end_sessions(&inner, tenant);
            // Includes the login's sessions from elsewhere: other replicas, or a stolen password.
            let of_login = unbound.iter().filter(|(_, role)| role == connect.get_username());
            for (pid, _) in of_login {
                inner.end_backend((tenant, *pid));
            }
        }
        Ok(())
    }
}
