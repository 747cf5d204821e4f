//! Terminator of backends, on a connection of its own: retries each until the server no longer lists it.

use std::collections::{HashMap, HashSet};
use std::sync::Weak;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout};

use super::budget::Inner;
use super::settings::SentinelSettings;
use crate::PoolKey;

const LOGIN_TIMEOUT: Duration = Duration::from_secs(1);
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
/// A termination may wait for a lock.
const END_TIMEOUT: Duration = Duration::from_secs(3);
/// Poll interval with pending backends, and without: a dead connection is then found before it is needed.
const BUSY_INTERVAL: Duration = Duration::from_millis(50);
const IDLE_INTERVAL: Duration = Duration::from_secs(10);
/// Pause between two logins.
const RECONNECT_INTERVAL: Duration = Duration::from_millis(250);
/// Pause before a termination is repeated: grows by the step, up to the maximum.
const RETRY_STEP: Duration = Duration::from_millis(200);
const MAX_RETRY: Duration = Duration::from_secs(5);

/// A tenant's backend, by its process id.
pub(crate) type TenantBackend = (PoolKey, i32);

/// Attempts to end a backend so far.
struct Attempts {
    count: u32,
    next: Instant,
}

struct Terminator {
    connect: PgConnectOptions,
    settings: SentinelSettings,
    connection: Option<PgConnection>,
    pending: HashMap<TenantBackend, Attempts>,
    unreachable: bool,
}

/// Runs until the budget is dropped. Without [`SentinelSettings::end_backend`] requests are ignored: backends end by
/// themselves.
pub(crate) async fn run(budget: Weak<Inner>, mut backends: UnboundedReceiver<TenantBackend>) {
    let Some(inner) = budget.upgrade() else { return };
    let settings = inner.settings.sentinel.clone();
    drop(inner);
    if settings.end_backend.is_none() {
        while backends.recv().await.is_some() {}
        return;
    }
    let mut terminator = Terminator {
        connect: settings.connect.clone().application_name("tenantry ending"),
        settings,
        connection: None,
        pending: HashMap::new(),
        unreachable: false,
    };
    loop {
        match terminator.round().await {
            Ok(()) => terminator.unreachable = false,
            Err(error) => terminator.lost(&error),
        }
        let pause = match (terminator.unreachable, terminator.pending.is_empty()) {
            (true, _) => RECONNECT_INTERVAL,
            (false, true) => IDLE_INTERVAL,
            (false, false) => BUSY_INTERVAL,
        };
        match timeout(pause, backends.recv()).await {
            Ok(None) => return,
            Ok(Some(backend)) => terminator.accept(backend),
            Err(_) => {}
        }
        while let Ok(backend) = backends.try_recv() {
            terminator.accept(backend);
        }
    }
}

impl Terminator {
    /// A backend that is already pending keeps its schedule.
    fn accept(&mut self, backend: TenantBackend) {
        self.pending.entry(backend).or_insert_with(|| Attempts {
            count: 0,
            next: Instant::now(),
        });
    }

    /// The connection is lost: the next round reconnects, and pending backends stay pending.
    fn lost(&mut self, error: &sqlx::Error) {
        if !self.unreachable {
            tracing::warn!(pending = self.pending.len(), %error, "connection of the backend terminator lost; reconnecting");
        }
        self.unreachable = true;
        self.connection = None;
    }

    /// Drops backends that are gone, and ends those that are due.
    async fn round(&mut self) -> Result<(), sqlx::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => with_deadline(LOGIN_TIMEOUT, self.connect.connect()).await?,
        };
        let pids: Vec<i32> = self.pending.keys().map(|(_, pid)| *pid).collect();
        let listed = with_deadline(ANSWER_TIMEOUT, listed(&mut connection, pids)).await?;
        self.pending.retain(|(_, pid), _| listed.contains(pid));
        let now = Instant::now();
        let due = self.pending.iter().filter(|(_, attempts)| attempts.next <= now);
        let mut due: Vec<(u32, TenantBackend)> = due
            .map(|(backend, attempts)| (attempts.count, *backend))
            .collect();
        // Fewest attempts first: a backend that cannot be ended delays the others once at most.
        due.sort_unstable_by_key(|(count, _)| *count);
        for (_, backend) in due {
            self.end(&mut connection, backend).await?;
        }
        self.connection = Some(connection);
        Ok(())
    }

    async fn end(
        &mut self,
        connection: &mut PgConnection,
        backend: TenantBackend,
    ) -> Result<(), sqlx::Error> {
        let Some(attempts) = self.pending.get_mut(&backend) else {
            return Ok(());
        };
        let (tenant, pid) = backend;
        attempts.count = attempts.count.saturating_add(1);
        let first = attempts.count == 1;
        attempts.next = Instant::now() + (RETRY_STEP * attempts.count).min(MAX_RETRY);
        let Some(sql) = self.settings.statement_to_end(tenant) else {
            return Ok(());
        };
        // The statement is the operator's; its only variable part is a parsed UUID.
        let ended = sqlx::query_scalar::<_, bool>(AssertSqlSafe(sql))
            .bind(tenant.as_uuid())
            .bind(pid)
            .fetch_optional(connection);
        match with_deadline(END_TIMEOUT, ended).await {
            // The tenant has no session with this process id.
            Ok(Some(false) | None) => drop(self.pending.remove(&backend)),
            Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))) => {
                return Err(error);
            }
            Err(error) if first => {
                tracing::warn!(%tenant, pid, %error, "cannot end a backend; retrying");
            }
            Ok(Some(true)) | Err(_) => {}
        }
        Ok(())
    }
}

/// The process ids of these that the server lists.
async fn listed(connection: &mut PgConnection, pids: Vec<i32>) -> Result<HashSet<i32>, sqlx::Error> {
    let listed: Vec<i32> = sqlx::query_scalar(
        "SELECT backend.pid FROM unnest($1::int4[]) AS watched (pid), LATERAL pg_stat_get_activity(watched.pid) AS backend",
    )
    .bind(pids)
    .fetch_all(connection)
    .await?;
    Ok(listed.into_iter().collect())
}

/// The answer, or an I/O error after the deadline.
pub(super) async fn with_deadline<T>(
    deadline: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match timeout(deadline, answer).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(sqlx::Error::Io(elapsed.into())),
    }
}
