//! Watch of a backend that should be gone.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::PoolKey;
use crate::connector::PostgresAccount;

/// A failed login may still start a backend within this time after its socket was closed.
const LOGIN_GRACE: Duration = Duration::from_millis(100);
/// A backend still listed after this time has not noticed that its client is gone.
const END_AFTER: Duration = Duration::from_millis(400);

/// A watched backend, and the channel that reports its end.
pub(crate) struct BackendWatch {
    tenant: PoolKey,
    logins: Vec<String>,
    target: Target,
    since: Instant,
    end_requested: Option<Instant>,
    gone: oneshot::Sender<()>,
}

enum Target {
    /// The backend of this process id.
    Backend(i32),
    /// The backend of a refused login, which ends by itself.
    Refused,
    /// Any backend of a login that timed out.
    Unanswered,
    /// The backend of a successful login whose process id is unknown: one of these, which were unknown at the first
    /// poll.
    Unidentified(Option<Vec<i32>>),
}

/// A backend listed by the server: its process id and login.
pub(super) type ListedBackend = (i32, String);

impl BackendWatch {
    /// Watches the backend of a closed connection.
    pub(crate) fn backend(account: &PostgresAccount, pid: i32) -> (Self, oneshot::Receiver<()>) {
        Self::new(account, Target::Backend(pid))
    }

    /// Watches a login that the server refused.
    pub(crate) fn refused(account: &PostgresAccount) -> (Self, oneshot::Receiver<()>) {
        Self::new(account, Target::Refused)
    }

    /// Watches a login that the server did not answer in time.
    pub(crate) fn unanswered(account: &PostgresAccount) -> (Self, oneshot::Receiver<()>) {
        Self::new(account, Target::Unanswered)
    }

    /// Watches a dropped session whose process id is unknown.
    pub(crate) fn unidentified(account: &PostgresAccount) -> (Self, oneshot::Receiver<()>) {
        Self::new(account, Target::Unidentified(None))
    }

    fn new(account: &PostgresAccount, target: Target) -> (Self, oneshot::Receiver<()>) {
        let (gone_tx, gone_rx) = oneshot::channel();
        let watch = Self {
            tenant: account.tenant,
            logins: account.connector.logins(),
            target,
            since: Instant::now(),
            end_requested: None,
            gone: gone_tx,
        };
        (watch, gone_rx)
    }

    /// Whether the backend can only be found by its login.
    pub(super) fn is_known_by_login_only(&self) -> bool {
        matches!(self.target, Target::Unanswered | Target::Unidentified(_))
    }

    /// Whether the backend is still listed after it should have ended by itself.
    pub(super) fn is_overdue(&self) -> bool {
        self.since.elapsed() >= END_AFTER
    }

    pub(super) fn pid(&self) -> Option<i32> {
        match self.target {
            Target::Backend(pid) => Some(pid),
            Target::Refused | Target::Unanswered | Target::Unidentified(_) => None,
        }
    }

    /// Whether the backend is gone. Its process id may have been reused meanwhile, by another login or by an `open`
    /// backend. A login that timed out is over when the server lists no unknown backend of it, or after the server's
    /// authentication timeout. An unidentified backend is never assumed gone by time alone.
    pub(super) fn is_gone(
        &mut self,
        listed: &[ListedBackend],
        open: &[i32],
        closing: &[i32],
        authentication_timeout: Duration,
    ) -> bool {
        let age = self.since.elapsed();
        let logins = &self.logins;
        let unknown =
            |(pid, of): &&ListedBackend| logins.contains(of) && !open.contains(pid) && !closing.contains(pid);
        match &mut self.target {
            Target::Backend(watched) => {
                let is_it = |(pid, of): &ListedBackend| pid == watched && logins.contains(of);
                open.contains(watched) || !listed.iter().any(is_it)
            }
            Target::Refused => age >= LOGIN_GRACE,
            Target::Unanswered => {
                age >= LOGIN_GRACE && listed.iter().find(unknown).is_none() || age >= authentication_timeout
            }
            Target::Unidentified(suspects) => {
                let mut left: Vec<i32> = listed.iter().filter(unknown).map(|(pid, _)| *pid).collect();
                if let Some(before) = suspects {
                    left.retain(|pid| before.contains(pid));
                }
                let gone = left.is_empty();
                *suspects = Some(left);
                gone
            }
        }
    }

    /// The backend to end now, if it is overdue; repeated at the same interval.
    pub(super) fn backend_to_end(&mut self) -> Option<(PoolKey, i32)> {
        let pid = self.pid()?;
        if self.end_requested.unwrap_or(self.since).elapsed() < END_AFTER {
            return None;
        }
        self.end_requested = Some(Instant::now());
        Some((self.tenant, pid))
    }

    pub(super) fn notify(self) {
        // Fails only when the runtime shuts down.
        let _ = self.gone.send(());
    }
}

/// The watched backends that the server lists. Queried even without watches, to see that the server answers.
///
/// Uses `pg_stat_get_activity` because the view `pg_stat_activity` joins all roles, which costs more than a login with
/// thousands of tenants.
pub(super) async fn list_watched(
    connection: &mut PgConnection,
    watches: &[BackendWatch],
) -> Result<Vec<ListedBackend>, sqlx::Error> {
    let pids: Vec<i32> = watches.iter().filter_map(BackendWatch::pid).collect();
    let mut listed: Vec<ListedBackend> = sqlx::query_as(
        "SELECT backend.pid, pg_get_userbyid(backend.usesysid)::text
         FROM unnest($1::int4[]) AS watched (pid), LATERAL pg_stat_get_activity(watched.pid) AS backend",
    )
    .bind(pids)
    .fetch_all(&mut *connection)
    .await?;
    let logins: Vec<&str> = watches
        .iter()
        .filter(|watch| watch.is_known_by_login_only())
        .flat_map(|watch| watch.logins.iter().map(String::as_str))
        .collect();
    if !logins.is_empty() {
        let of_logins: Vec<ListedBackend> = sqlx::query_as(
            "SELECT backend.pid, pg_get_userbyid(backend.usesysid)::text
             FROM pg_stat_get_activity(NULL) AS backend WHERE pg_get_userbyid(backend.usesysid) = ANY($1)",
        )
        .bind(logins)
        .fetch_all(connection)
        .await?;
        listed.extend(of_logins);
    }
    Ok(listed)
}

/// The process ids of all backends.
pub(super) async fn list_all(connection: &mut PgConnection) -> Result<HashSet<i32>, sqlx::Error> {
    let pids: Vec<i32> = sqlx::query_scalar("SELECT pid FROM pg_stat_get_activity(NULL)")
        .fetch_all(connection)
        .await?;
    Ok(pids.into_iter().collect())
}
