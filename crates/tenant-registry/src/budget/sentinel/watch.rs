//! A backend that should be gone.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::TenantId;
use crate::budget::account::Shared;
use crate::budget::door::Real;

/// So long a login that failed may still have a backend on its way in, after its socket was closed.
const SETTLED: Duration = Duration::from_millis(100);
/// A backend that is there for so long after its client has gone does not notice it.
const END_AFTER: Duration = Duration::from_millis(400);

/// One of them, and whom to tell.
pub(crate) struct Watch {
    tenant: TenantId,
    logins: Vec<String>,
    which: Which,
    since: Instant,
    ended: Option<Instant>,
    tell: oneshot::Sender<()>,
}

enum Which {
    /// The backend of this process id.
    Backend(i32),
    /// That of a login which the server refused: it ends by itself.
    Refused,
    /// Whatever came of a login whose answer was not waited for.
    Unanswered,
    /// That of a login which got through, and whose process id is not known: one of these, which were unknown when it
    /// was first looked for.
    Unidentified(Option<Vec<i32>>),
}

/// A backend that the server lists: its process id and its login.
pub(super) type Listed = (i32, String);

impl Watch {
    /// For the backend of a connection that was closed.
    pub(crate) fn backend(account: &Shared<Real>, pid: i32) -> (Self, oneshot::Receiver<()>) {
        Self::new(account, Which::Backend(pid))
    }

    /// For a login that the server refused.
    pub(crate) fn refused(account: &Shared<Real>) -> (Self, oneshot::Receiver<()>) {
        Self::new(account, Which::Refused)
    }

    /// For a login that the server did not answer in time.
    pub(crate) fn unanswered(account: &Shared<Real>) -> (Self, oneshot::Receiver<()>) {
        Self::new(account, Which::Unanswered)
    }

    /// For a session that was opened and dropped, and did not say its process id.
    pub(crate) fn unidentified(account: &Shared<Real>) -> (Self, oneshot::Receiver<()>) {
        Self::new(account, Which::Unidentified(None))
    }

    fn new(account: &Shared<Real>, which: Which) -> (Self, oneshot::Receiver<()>) {
        let (tell, gone) = oneshot::channel();
        let watch = Self {
            tenant: account.tenant,
            logins: account.door.logins(),
            which,
            since: Instant::now(),
            ended: None,
            tell,
        };
        (watch, gone)
    }

    /// Whether it is known by its login alone.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self.which, Which::Unanswered | Which::Unidentified(_))
    }

    /// Whether it is there for longer than one that ends by itself.
    pub(super) fn lasts(&self) -> bool {
        self.since.elapsed() >= END_AFTER
    }

    pub(super) fn pid(&self) -> Option<i32> {
        match self.which {
            Which::Backend(pid) => Some(pid),
            Which::Refused | Which::Unanswered | Which::Unidentified(_) => None,
        }
    }

    /// Whether the server has let it go. A process id may have come to another backend meanwhile, of another login or
    /// to one that is `open` now. A login that was not answered is over when none of its backends is unknown to us, or
    /// when the server itself has given it up. One that got through never is by time alone.
    pub(super) fn is_gone(
        &mut self,
        listed: &[Listed],
        open: &[i32],
        closing: &[i32],
        patience: Duration,
    ) -> bool {
        let age = self.since.elapsed();
        let logins = &self.logins;
        let unknown =
            |(pid, of): &&Listed| logins.contains(of) && !open.contains(pid) && !closing.contains(pid);
        match &mut self.which {
            Which::Backend(watched) => {
                let is_it = |(pid, of): &Listed| pid == watched && logins.contains(of);
                open.contains(watched) || !listed.iter().any(is_it)
            }
            Which::Refused => age >= SETTLED,
            Which::Unanswered => age >= SETTLED && listed.iter().find(unknown).is_none() || age >= patience,
            Which::Unidentified(suspects) => {
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

    /// The backend to end now, if it is there for too long; again each time so much longer.
    pub(super) fn should_be_ended(&mut self) -> Option<(TenantId, i32)> {
        let pid = self.pid()?;
        if self.ended.unwrap_or(self.since).elapsed() < END_AFTER {
            return None;
        }
        self.ended = Some(Instant::now());
        Some((self.tenant, pid))
    }

    pub(super) fn tell(self) {
        // Nobody may wait any more: the runtime goes down.
        let _ = self.tell.send(());
    }
}

/// Those of the watched that the server lists. Also asked when nothing is watched: that the server answers is what
/// counts then.
///
/// By `pg_stat_get_activity`, of which `pg_stat_activity` is a view: that one joins all roles that there are, and where
/// tenants have thousands it costs more than a login.
pub(super) async fn listed(
    connection: &mut PgConnection,
    watches: &[Watch],
) -> Result<Vec<Listed>, sqlx::Error> {
    let pids: Vec<i32> = watches.iter().filter_map(Watch::pid).collect();
    let mut listed: Vec<Listed> = sqlx::query_as(
        "SELECT backend.pid, pg_get_userbyid(backend.usesysid)::text
         FROM unnest($1::int4[]) AS watched (pid), LATERAL pg_stat_get_activity(watched.pid) AS backend",
    )
    .bind(pids)
    .fetch_all(&mut *connection)
    .await?;
    let logins: Vec<&str> = watches
        .iter()
        .filter(|watch| watch.is_unanswered())
        .flat_map(|watch| watch.logins.iter().map(String::as_str))
        .collect();
    if !logins.is_empty() {
        let of_logins: Vec<Listed> = sqlx::query_as(
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

/// The process ids of all backends that there are.
pub(super) async fn all(connection: &mut PgConnection) -> Result<HashSet<i32>, sqlx::Error> {
    let pids: Vec<i32> = sqlx::query_scalar("SELECT pid FROM pg_stat_get_activity(NULL)")
        .fetch_all(connection)
        .await?;
    Ok(pids.into_iter().collect())
}
