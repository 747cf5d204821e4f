//! Watch over logins that row level security no longer binds while their sessions are open.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::time::Instant;

use super::Sentinel;
use crate::budget::distrust;

/// How often it is looked: a privilege that a login got is noticed within this.
const EVERY: Duration = Duration::from_secs(1);

/// Sessions of superusers and of logins with BYPASSRLS. Their roles are found by the sessions and by an index, so that
/// thousands of tenants cost nothing.
const UNBOUND: &str = "SELECT backend.pid, role.rolname::text
    FROM pg_catalog.pg_stat_get_activity(NULL) AS backend
    JOIN pg_catalog.pg_roles AS role ON role.oid = backend.usesysid
    WHERE role.oid = ANY (ARRAY(SELECT DISTINCT usesysid FROM pg_catalog.pg_stat_get_activity(NULL)))
    AND (role.rolsuper OR role.rolbypassrls)";

#[derive(Default)]
pub(super) struct Watch {
    looked: Option<Instant>,
}

impl Watch {
    /// Ends all sessions of tenants whose login is unbound, now and then.
    pub(super) async fn look(
        &mut self,
        connection: &mut PgConnection,
        sentinel: &Sentinel,
    ) -> Result<(), sqlx::Error> {
        if self.looked.is_some_and(|looked| looked.elapsed() < EVERY) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        let unbound: Vec<(i32, String)> = sqlx::query_as(UNBOUND).fetch_all(connection).await?;
        let Some(inner) = sentinel.budget.upgrade() else {
            return Ok(());
        };
        let is_unbound = |login: &str| unbound.iter().any(|(_, role)| role == login);
        let accounts = inner.with(|core| {
            distrust::accounts(core, |account| is_unbound(account.door.connect().get_username()))
        });
        for account in accounts {
            let (tenant, connect) = (account.tenant, account.door.connect());
            tracing::error!(%tenant, "row level security no longer binds the tenant's login; its sessions are ended");
            distrust::end_sessions(&inner, tenant);
            // Also sessions of this login that are not ours: of other replicas, or with a stolen password.
            let of_login = unbound.iter().filter(|(_, role)| role == connect.get_username());
            for (pid, _) in of_login {
                inner.end_backend((tenant, *pid));
            }
        }
        Ok(())
    }
}
