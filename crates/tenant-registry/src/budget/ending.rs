//! Ends backends on a connection of its own, each again and again until the server does not list it any more.

use std::collections::{HashMap, HashSet};
use std::sync::Weak;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout};

use super::Inner;
use super::settings::SentinelSettings;
use crate::TenantId;

/// How long a login may take, and an answer. Ending may have to wait for a lock.
const LOGIN: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_millis(500);
const END: Duration = Duration::from_secs(3);
/// Pause between two looks while something is to be ended, and while nothing is: a dead connection is then found
/// before it is needed.
const BUSY: Duration = Duration::from_millis(50);
const IDLE: Duration = Duration::from_secs(10);
/// Between two attempts to log in.
const RECONNECT: Duration = Duration::from_millis(250);
/// Pause before a backend is ended again, the first and the longest.
const AGAIN: Duration = Duration::from_millis(200);
const AT_MOST: Duration = Duration::from_secs(5);

/// A backend of a tenant's.
pub(crate) type Order = (TenantId, i32);

/// How often a backend was ended, or was tried to be.
struct Attempts {
    count: u32,
    next: Instant,
}

struct Ending {
    connect: PgConnectOptions,
    settings: SentinelSettings,
    connection: Option<PgConnection>,
    pending: HashMap<Order, Attempts>,
    unreachable: bool,
}

/// Runs until the budget is gone. Without a way to end backends, orders are dropped: the backends are waited for.
pub(crate) async fn run(budget: Weak<Inner>, mut orders: UnboundedReceiver<Order>) {
    let Some(inner) = budget.upgrade() else { return };
    let settings = inner.settings.sentinel.clone();
    drop(inner);
    if settings.end_backend.is_none() {
        while orders.recv().await.is_some() {}
        return;
    }
    let mut ending = Ending {
        connect: settings.connect.clone().application_name("tenantry ending"),
        settings,
        connection: None,
        pending: HashMap::new(),
        unreachable: false,
    };
    loop {
        match ending.round().await {
            Ok(()) => ending.unreachable = false,
            Err(error) => ending.lost(&error),
        }
        let pause = match (ending.unreachable, ending.pending.is_empty()) {
            (true, _) => RECONNECT,
            (false, true) => IDLE,
            (false, false) => BUSY,
        };
        match timeout(pause, orders.recv()).await {
            Ok(None) => return,
            Ok(Some(order)) => ending.take(order),
            Err(_) => {}
        }
        while let Ok(order) = orders.try_recv() {
            ending.take(order);
        }
    }
}

impl Ending {
    /// A backend that is being ended already is not ended more often for it.
    fn take(&mut self, order: Order) {
        self.pending.entry(order).or_insert_with(|| Attempts {
            count: 0,
            next: Instant::now(),
        });
    }

    /// The connection does not answer: the next round logs in anew, and what was to be ended still is.
    fn lost(&mut self, error: &sqlx::Error) {
        if !self.unreachable {
            tracing::warn!(pending = self.pending.len(), %error, "the connection that ends backends is lost");
        }
        self.unreachable = true;
        self.connection = None;
    }

    /// Forgets what is gone, and ends what is due.
    async fn round(&mut self) -> Result<(), sqlx::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => within(LOGIN, self.connect.connect()).await?,
        };
        let pids: Vec<i32> = self.pending.keys().map(|(_, pid)| *pid).collect();
        let listed = within(ANSWER, listed(&mut connection, pids)).await?;
        self.pending.retain(|(_, pid), _| listed.contains(pid));
        let now = Instant::now();
        let due = self.pending.iter().filter(|(_, attempts)| attempts.next <= now);
        let mut due: Vec<(u32, Order)> = due.map(|(order, attempts)| (attempts.count, *order)).collect();
        // One that cannot be ended does not keep the others waiting more often than once.
        due.sort_unstable_by_key(|(count, _)| *count);
        for (_, order) in due {
            self.end(&mut connection, order).await?;
        }
        self.connection = Some(connection);
        Ok(())
    }

    async fn end(&mut self, connection: &mut PgConnection, order: Order) -> Result<(), sqlx::Error> {
        let Some(attempts) = self.pending.get_mut(&order) else {
            return Ok(());
        };
        let (tenant, pid) = order;
        attempts.count = attempts.count.saturating_add(1);
        let first = attempts.count == 1;
        attempts.next = Instant::now() + (AGAIN * attempts.count).min(AT_MOST);
        let Some(sql) = self.settings.statement_to_end(tenant) else {
            return Ok(());
        };
        // The text is the operator's own, and what varies in it is a tenant's id that was parsed as one.
        let ended = sqlx::query_scalar::<_, bool>(AssertSqlSafe(sql))
            .bind(tenant.as_uuid())
            .bind(pid)
            .fetch_optional(connection);
        match within(END, ended).await {
            // Of this tenant's no session has this process id.
            Ok(Some(false) | None) => drop(self.pending.remove(&order)),
            Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))) => {
                return Err(error);
            }
            Err(error) if first => {
                tracing::warn!(%tenant, pid, %error, "a backend could not be ended; trying again");
            }
            Ok(Some(true)) | Err(_) => {}
        }
        Ok(())
    }
}

/// Those of these process ids that are a backend's.
async fn listed(connection: &mut PgConnection, pids: Vec<i32>) -> Result<HashSet<i32>, sqlx::Error> {
    let listed: Vec<i32> = sqlx::query_scalar(
        "SELECT backend.pid FROM unnest($1::int4[]) AS watched (pid), LATERAL pg_stat_get_activity(watched.pid) AS backend",
    )
    .bind(pids)
    .fetch_all(connection)
    .await?;
    Ok(listed.into_iter().collect())
}

/// The answer, or an outage where it takes longer.
pub(super) async fn within<T>(
    deadline: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match timeout(deadline, answer).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(sqlx::Error::Io(elapsed.into())),
    }
}
