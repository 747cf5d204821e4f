//! Logins, in tasks that cancelled callers do not abort: the backend of an aborted login has no known process id, so
//! its end could not be confirmed.

mod attempt;

use std::time::Duration;

use pg_session::panics::caught;
use pg_session::session::{SessionRefused, is_lockout};
use pg_session::{ConnectFailure, ConnectionLimit, Failure};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use tokio::time::{sleep, timeout};

use self::attempt::{FailedAttempt, Leftover, attempt};
use super::breaker::Trip;
use super::connector::{Connector, PostgresAccount};
use super::engine::{InFlightId, LoginFailed};
use super::idle_bitmap::Slot;
use super::invalidation;
use super::sentinel::{BackendWatch, Task};
use super::slots::PooledConnection;

/// A backend leaves `pg_stat_activity` just before its connection slot is free.
const RETRY_DELAY: Duration = Duration::from_millis(1);
/// Timeout of each step of closing a refused session.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// Logs in and reports the outcome to the core.
pub(super) async fn run(account: PostgresAccount, slot: Slot, in_flight: InFlightId) {
    let inner = account.connector.settings.budget.inner();
    let epoch = inner.with(|core| core.epoch());
    let began = inner.now();
    // A panic, such as one of the source of credentials, must not lose the permit.
    let logged_in = caught("login", log_in(&account)).await;
    match logged_in.unwrap_or_else(|panicked| {
        Err(FailedAttempt::unanswered(sqlx::Error::Configuration(
            panicked.into(),
        )))
    }) {
        Ok((connection, pid)) => {
            account.connector.login_succeeded();
            let now = inner.now();
            let took = now.saturating_sub(began);
            inner.meters.logged_in(took);
            let pooled = PooledConnection {
                connection,
                pid,
                opened: now,
                epoch,
            };
            inner.with(|core| core.logged_in(&account, slot, in_flight, pooled, took, now));
        }
        Err(failed) if failed.limit() == Some(ConnectionLimit::Server) => {
            server_full(&account, slot, in_flight, &failed.cause);
        }
        Err(failed) => fail(&account, slot, in_flight, failed).await,
    }
}

/// Reports a failure to the core, and then the end of the backend that is left of it.
async fn fail(account: &PostgresAccount, slot: Slot, in_flight: InFlightId, failed: FailedAttempt) {
    let inner = account.connector.settings.budget.inner();
    inner.meters.login_failed();
    handle_failure(account, &failed);
    let leftover = failed.leftover;
    let failed = LoginFailed {
        cause: failed.cause,
        timed_out: failed.timed_out,
        lingers: !matches!(leftover, Leftover::None),
    };
    // First, so that waiters are answered at once.
    inner.with(|core| core.login_failed(account, slot, in_flight, failed, inner.now()));
    let (watch, gone) = match leftover {
        Leftover::None => return,
        Leftover::Refused => BackendWatch::refused(account),
        Leftover::Unanswered => BackendWatch::unanswered(account),
        Leftover::Session(connection) => match close_refused(*connection).await {
            Some(pid) => BackendWatch::backend(account, pid),
            None => BackendWatch::unidentified(account),
        },
        Leftover::Unidentified => BackendWatch::unidentified(account),
    };
    inner.ask_sentinel(Task::Watch(watch));
    if gone.await.is_ok() {
        inner.with(|core| core.quarantine_resolved(account, inner.now()));
    }
}

/// The server is full, which is no failure of the tenant's.
fn server_full(account: &PostgresAccount, slot: Slot, in_flight: InFlightId, cause: &ConnectFailure) {
    let inner = account.connector.settings.budget.inner();
    let (to_log, cap, withheld) = inner.with(|core| {
        let to_log = core.server_full(account, slot, in_flight, cause.clone(), inner.now());
        (to_log, core.ledger.cap, core.withheld())
    });
    if to_log {
        tracing::warn!(
            budget = %inner.settings.name, cap, withheld, error = %cause.0,
            "server is full: lowering the cap until connections are free again"
        );
    }
}

/// Retries once after a millisecond if the server was full, and once with fresh credentials if they were refused.
async fn log_in(account: &PostgresAccount) -> Result<(PgConnection, i32), FailedAttempt> {
    let connector = &account.connector;
    let inner = connector.settings.budget.inner();
    let connect = connector.connect();
    match attempt(account, &connect).await {
        Err(failed) if failed.limit().is_some() => {
            inner.meters.server_full();
            sleep(RETRY_DELAY).await;
            attempt(account, &connect).await
        }
        Err(failed) if is_lockout(&failed.cause.0) => {
            match timeout(
                connector.settings.connect_timeout,
                connector.refresh(account.tenant),
            )
            .await
            {
                Ok(Some(fresh)) => match attempt(account, &fresh).await {
                    Err(failed) if is_lockout(&failed.cause.0) => {
                        Err(report_lockout(connector, failed).await)
                    }
                    outcome => outcome,
                },
                Ok(None) | Err(_) => Err(failed),
            }
        }
        outcome => outcome,
    }
}

/// Reports the refused login to the source, and marks the failure as permanent.
async fn report_lockout(connector: &Connector, failed: FailedAttempt) -> FailedAttempt {
    // If the source does not respond in time, the next login reports it again.
    let _ = timeout(connector.settings.connect_timeout, connector.refused()).await;
    FailedAttempt {
        cause: sqlx::Error::from(SessionRefused::LockedOut(failed.cause.0)).into(),
        ..failed
    }
}

/// Logs a failure, and ends the tenant's other sessions if its login bypasses row level security.
fn handle_failure(account: &PostgresAccount, failed: &FailedAttempt) {
    let (inner, tenant, error) = (
        account.connector.settings.budget.inner(),
        account.tenant,
        &failed.cause.0,
    );
    match SessionRefused::of(error) {
        Some(refused @ SessionRefused::BypassesRowSecurity { .. }) => {
            // Logged once, not for each attempt.
            let already_logged = |trip: &Trip| trip.cause.kind() == Failure::NotIsolated;
            if !inner.with(|core| core.breakers.get(tenant).is_some_and(already_logged)) {
                tracing::error!(%tenant, error = %refused, "session refused; ending the tenant's other sessions");
            }
            invalidation::end_sessions(inner, tenant);
        }
        // The cause is most likely the same for all tenants.
        Some(refused) if inner.may_log_refusal() => {
            tracing::error!(%tenant, error = %refused, "session refused");
        }
        _ => tracing::debug!(%tenant, %error, "login failed"),
    }
}

/// Closes a refused session. Returns its backend's process id, if the session answers.
async fn close_refused(mut connection: PgConnection) -> Option<i32> {
    let asked = sqlx::raw_sql("SELECT pg_catalog.pg_backend_pid()").fetch_one(&mut connection);
    let row = timeout(CLOSE_TIMEOUT, asked).await.ok().and_then(Result::ok);
    let pid = row.and_then(|row| row.try_get(0).ok());
    // The socket is closed in any case; the sentinel confirms that the backend is gone.
    let _ = timeout(CLOSE_TIMEOUT, connection.close()).await;
    pid
}
