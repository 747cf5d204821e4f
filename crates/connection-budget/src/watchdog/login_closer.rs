//! Closing of logins whose stuck sessions hold too much of the lock table.
//!
//! A statement that PostgreSQL cannot interrupt keeps its locks although its session was ended, and each new session of
//! the login could add to them. With a limit of one connection, a login that has such a session gets no other. This only
//! lowers the limit. Its owner, who knows what it should be, restores it when it next compares the limits.

use std::collections::HashSet;
use std::time::Duration;

use pg_session::panics::caught_call;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use super::super::backend_terminator::with_deadline;
use super::super::settings::{LimitConnections, WatchdogSettings};
use super::connection::NO_TIMEOUTS;
use crate::PoolKey;

/// Time limit of the login. Tenants whose logins are to be closed keep the processors busy.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit of setting a limit, which may have to wait for a lock.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after which a closed login is closed again: its owner may have restored the limit.
const REAPPLY_INTERVAL: Duration = Duration::from_millis(250);
/// Pause between two pings while no login is closed.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// The limit of a closed login.
const CLOSED_LIMIT: i32 = 1;

struct LoginCloser {
    connect: PgConnectOptions,
    limit_connections: LimitConnections,
    /// Opened beforehand: when it is needed, a login may take long or find no room.
    connection: Option<PgConnection>,
    closed: HashSet<PoolKey>,
    failed: bool,
}

/// Keeps the logins of the tenants in `wanted` closed, until its sender is gone.
pub(super) async fn run(
    connect: PgConnectOptions,
    settings: WatchdogSettings,
    mut wanted: Receiver<HashSet<PoolKey>>,
) {
    let Some(limit_connections) = settings.limit_connections else {
        return;
    };
    let mut closer = LoginCloser {
        connect: connect.application_name("tenantry closing"),
        limit_connections,
        connection: None,
        closed: HashSet::new(),
        failed: false,
    };
    loop {
        let tenants = wanted.borrow_and_update().clone();
        let outcome = if tenants.is_empty() {
            closer.ping().await
        } else {
            closer.close(&tenants).await
        };
        closer.note(outcome);
        for tenant in closer.closed.extract_if(|tenant| !tenants.contains(tenant)) {
            tracing::info!(%tenant, "watchdog reopened a tenant's login");
        }
        let pause = if tenants.is_empty() {
            PING_INTERVAL
        } else {
            REAPPLY_INTERVAL
        };
        if let Ok(Err(_)) = timeout(pause, wanted.changed()).await {
            return;
        }
    }
}

impl LoginCloser {
    /// Closes each login. One that cannot be changed, since its own session has locked the role's row, does not leave the
    /// others open.
    async fn close(&mut self, tenants: &HashSet<PoolKey>) -> Result<(), sqlx::Error> {
        let mut outcome = Ok(());
        for tenant in tenants {
            match self.set(*tenant).await {
                Ok(()) if self.closed.insert(*tenant) => {
                    tracing::warn!(%tenant, "watchdog closes a tenant's login: its sessions do not end");
                }
                Ok(()) => {}
                Err(error @ sqlx::Error::Database(_)) => outcome = Err(error),
                Err(error) => return Err(error),
            }
        }
        outcome
    }

    async fn set(&mut self, tenant: PoolKey) -> Result<(), sqlx::Error> {
        let sql = caught_call("limit_connections", || (self.limit_connections)(tenant));
        let sql = sql.map_err(|_| sqlx::Error::Protocol("limit_connections panicked".to_owned()))?;
        // The text is the operator's own.
        let set = sqlx::query(AssertSqlSafe(sql))
            .bind(tenant.as_uuid())
            .bind(CLOSED_LIMIT);
        with_deadline(ANSWER_TIMEOUT, set.execute(self.connection().await?)).await?;
        Ok(())
    }

    async fn ping(&mut self) -> Result<(), sqlx::Error> {
        with_deadline(ANSWER_TIMEOUT, self.connection().await?.ping()).await
    }

    /// Logs the first failure of a series. What was not done is tried again, on a new connection unless the server
    /// answered on this one.
    fn note(&mut self, outcome: Result<(), sqlx::Error>) {
        let Err(error) = outcome else {
            self.failed = false;
            return;
        };
        if !std::mem::replace(&mut self.failed, true) {
            tracing::warn!(%error, "watchdog cannot close or reopen logins; reconnecting");
        }
        if !matches!(error, sqlx::Error::Database(_)) {
            self.connection = None;
        }
    }

    async fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            let login = async {
                let mut connection = self.connect.connect().await?;
                connection.execute(NO_TIMEOUTS).await?;
                Ok(connection)
            };
            with_deadline(LOGIN_TIMEOUT, login).await?
        };
        Ok(self.connection.insert(connection))
    }
}
