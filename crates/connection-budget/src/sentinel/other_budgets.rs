//! Detection of other budgets of the same server: each takes the connections for its own.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::time::Instant;

use super::{APPLICATION_NAME, Sentinel};

/// Poll interval: a service that starts later is noticed within this time.
const INTERVAL: Duration = Duration::from_mins(1);

/// Sentinels of the same login, by host and database. Of one's own login all of that may be read; another's name of its
/// application is its own choice, and tells nothing.
const SENTINELS: &str =
    "SELECT count(*), coalesce(host(backend.client_addr), 'a local socket'), database.datname::text
    FROM pg_catalog.pg_stat_get_activity(NULL) AS backend
    JOIN pg_catalog.pg_database AS database ON database.oid = backend.datid
    WHERE backend.application_name = $1 AND backend.pid <> ALL ($2)
        AND backend.usesysid = (SELECT usesysid FROM pg_catalog.pg_stat_get_activity(pg_backend_pid()))
    GROUP BY 2, 3 ORDER BY 2, 3";

/// So many sentinels of a host that use this database.
type Sentinels = (i64, String, String);

#[derive(Default)]
pub(super) struct OtherBudgets {
    /// The sentinel's own backends, of which a former one may still be listed.
    own: Vec<i32>,
    polled_at: Option<Instant>,
    warned_of: Vec<Sentinels>,
}

impl OtherBudgets {
    /// Queries at once on this new connection.
    pub(super) fn reconnected(&mut self, pid: i32) {
        self.own.push(pid);
        self.polled_at = None;
    }

    /// Whether a poll is due. Notes that it is made.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self
            .polled_at
            .is_none_or(|polled_at| polled_at.elapsed() >= INTERVAL);
        if due {
            self.polled_at = Some(Instant::now());
        }
        due
    }

    /// The sentinels of other budgets.
    pub(super) async fn list(&self, connection: &mut PgConnection) -> Result<Vec<Sentinels>, sqlx::Error> {
        sqlx::query_as(SENTINELS)
            .bind(APPLICATION_NAME)
            .bind(&self.own)
            .fetch_all(connection)
            .await
    }
}

/// Whether so many budgets, each of which claims so much, are within what the server allows. What the others claim is
/// not known: replicas of one service claim the same.
const fn all_fit(budgets: u32, claimed_by_each: u32, allowed: u32) -> bool {
    claimed_by_each.saturating_mul(budgets) <= allowed
}

impl Sentinel {
    /// Warns when other budgets have come, and all of them together are more than the server allows.
    pub(super) fn warn_of(&mut self, others: Vec<Sentinels>) {
        let (Some(inner), Some(server_info)) = (self.budget.upgrade(), &self.server_info) else {
            return;
        };
        let count: i64 = others.iter().map(|(count, ..)| count).sum();
        let budgets = u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        let reserve = inner.settings.reserve;
        let allowed = server_info.allowed_beside(reserve);
        let cap = self.configured.unwrap_or(allowed).min(allowed);
        if all_fit(budgets, cap.saturating_add(reserve), server_info.allowed)
            || others == self.other_budgets.warned_of
        {
            return;
        }
        let sessions: Vec<String> = others
            .iter()
            .map(|(count, host, database)| format!("{count} from {host} in {database}"))
            .collect();
        tracing::warn!(
            budget = %inner.settings.name,
            cap,
            reserve,
            server_allows = server_info.allowed,
            application_name = APPLICATION_NAME,
            sessions = sessions.join(", "),
            fits = (server_info.allowed / budgets).saturating_sub(reserve).max(1),
            "other services use this server, and their budgets together are more than it allows; set max_connections (registry.max_connections) of each to what fits"
        );
        self.other_budgets.warned_of = others;
    }
}

#[cfg(test)]
mod tests {
    use super::all_fit;

    #[test]
    fn budgets_fit_together_up_to_what_the_server_allows() {
        assert!(all_fit(1, 97, 97));
        assert!(!all_fit(2, 97, 97));
        assert!(all_fit(2, 48, 97));
        assert!(!all_fit(2, 49, 97));
        assert!(!all_fit(u32::MAX, 2, 97));
    }
}
