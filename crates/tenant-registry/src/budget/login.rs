//! A login, in a task that no caller's cancellation ends: a login that is dropped has no process id, and nobody could
//! say when its backend is gone.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::account::Shared;
use super::core::{LoginFailed, PipelineId};
use super::distrust;
use super::door::{Door, Real};
use super::sentinel::{Task, Watch};
use super::slots::Seated;
use super::word::Slot;
use crate::connection_limit::ConnectionLimit;
use crate::panics::caught;
use crate::probe::ConnectFailure;
use crate::session::{self, SessionRefused};

/// A backend leaves `pg_stat_activity` an instant before its place is free.
const ONCE_MORE_AFTER: Duration = Duration::from_millis(1);
/// How long parting from a session that is refused may take.
const PARTING: Duration = Duration::from_millis(500);

/// A login that failed.
struct Failed {
    cause: ConnectFailure,
    /// Nothing answered in time.
    silent: bool,
    remains: Remains,
}

/// What the server may still have of a login that failed.
enum Remains {
    /// No backend can have come of it.
    Nothing,
    /// A backend that refused it, and ends by itself.
    Refused,
    /// Whatever came of it: the answer was not waited for.
    Unanswered,
    /// The login got through, and its session is refused by us.
    Session(Box<PgConnection>),
    /// The login got through, and its session did not answer in time.
    Unidentified,
}

impl Failed {
    fn unanswered(cause: sqlx::Error) -> Self {
        Self {
            cause: cause.into(),
            silent: true,
            remains: Remains::Unanswered,
        }
    }

    fn limit(&self) -> Option<ConnectionLimit> {
        ConnectionLimit::met(&self.cause.0)
    }
}

/// Logs in and tells the core.
pub(super) async fn run(account: Shared<Real>, slot: Slot, pipeline: PipelineId) {
    let inner = account.door.settings.budget.inner();
    let epoch = inner.with(|core| core.epoch());
    let began = inner.now();
    // A permit must not go with a panic, such as one of the source that is asked for fresh credentials.
    let logged_in = caught("login", log_in(&account)).await;
    match logged_in
        .unwrap_or_else(|panicked| Err(Failed::unanswered(sqlx::Error::Configuration(panicked.into()))))
    {
        Ok((connection, pid)) => {
            account.door.answered();
            let now = inner.now();
            let took = now.saturating_sub(began);
            inner.meters.logged_in(took);
            let seated = Seated {
                connection,
                pid,
                opened: now,
                epoch,
            };
            inner.with(|core| core.logged_in(&account, slot, pipeline, seated, took, now));
        }
        Err(failed) if failed.limit() == Some(ConnectionLimit::Server) => {
            server_full(&account, slot, pipeline, &failed.cause);
        }
        Err(failed) => give_up(&account, slot, pipeline, failed).await,
    }
}

/// Tells the core of a failure, and when the server has let go what is left of it.
async fn give_up(account: &Shared<Real>, slot: Slot, pipeline: PipelineId, failed: Failed) {
    let inner = account.door.settings.budget.inner();
    inner.meters.login_failed();
    tell(account, &failed);
    let remains = failed.remains;
    let failed = LoginFailed {
        cause: failed.cause,
        silent: failed.silent,
        lingers: !matches!(remains, Remains::Nothing),
    };
    // First, for those who wait.
    inner.with(|core| core.login_failed(account, slot, pipeline, failed, inner.now()));
    let (watch, gone) = match remains {
        Remains::Nothing => return,
        Remains::Refused => Watch::refused(account),
        Remains::Unanswered => Watch::unanswered(account),
        Remains::Session(connection) => match part(*connection).await {
            Some(pid) => Watch::backend(account, pid),
            None => Watch::unidentified(account),
        },
        Remains::Unidentified => Watch::unidentified(account),
    };
    inner.ask_sentinel(Task::Watch(watch));
    if gone.await.is_ok() {
        inner.with(|core| core.confirmed(account, inner.now()));
    }
}

/// The server has fewer connections than were counted on: nobody's failure.
fn server_full(account: &Shared<Real>, slot: Slot, pipeline: PipelineId, cause: &ConnectFailure) {
    let inner = account.door.settings.budget.inner();
    let (to_log, cap, withheld) = inner.with(|core| {
        let to_log = core.server_full(account, slot, pipeline, cause.clone(), inner.now());
        (to_log, core.ledger.cap, core.withheld())
    });
    if to_log {
        tracing::warn!(
            budget = %inner.settings.name, cap, withheld, error = %cause.0,
            "the server has fewer connections left than the budget counts on"
        );
    }
}

/// Once more after a millisecond where the server was full, and once more with fresh credentials where these were
/// refused.
async fn log_in(account: &Shared<Real>) -> Result<(PgConnection, i32), Failed> {
    let door = &account.door;
    let inner = door.settings.budget.inner();
    let connect = door.connect();
    match attempt(account, &connect).await {
        Err(failed) if failed.limit().is_some() => {
            inner.meters.server_full();
            sleep(ONCE_MORE_AFTER).await;
            attempt(account, &connect).await
        }
        Err(failed) if is(&failed, "28P01") || is(&failed, "28000") => {
            match timeout(door.settings.connect_timeout, door.refresh()).await {
                Ok(Some(fresh)) => match attempt(account, &fresh).await {
                    Err(failed) if is(&failed, "28P01") => Err(password_refused(door, failed).await),
                    outcome => outcome,
                },
                Ok(None) | Err(_) => Err(failed),
            }
        }
        outcome => outcome,
    }
}

/// Reports the refused password to the source and marks the failure as one that a retry does not help.
async fn password_refused(door: &Door, failed: Failed) -> Failed {
    // Where the source does not take it in time, the next login tells it again.
    let _ = timeout(door.settings.connect_timeout, door.refused()).await;
    Failed {
        cause: sqlx::Error::from(SessionRefused::Password(failed.cause.0)).into(),
        ..failed
    }
}

async fn attempt(account: &Shared<Real>, connect: &PgConnectOptions) -> Result<(PgConnection, i32), Failed> {
    let settings = &account.door.settings;
    let server_version = settings.budget.inner().server_version.load(Ordering::Relaxed);
    let until = Instant::now() + settings.connect_timeout;
    let options = session::options(connect.clone(), &settings.session, server_version);
    let mut connection = match timeout_at(until, options.connect()).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => {
            let remains = if nothing_was_there(&error) {
                Remains::Nothing
            } else {
                Remains::Refused
            };
            return Err(Failed {
                cause: error.into(),
                silent: false,
                remains,
            });
        }
        Err(elapsed) => {
            return Err(Failed::unanswered(sqlx::Error::Io(elapsed.into())));
        }
    };
    // From here on the server has a backend, and the permit is free when that one is gone.
    let checked = session::verify(&mut connection, &settings.session, server_version);
    match timeout_at(until, checked).await {
        Ok(Ok(pid)) => Ok((connection, pid)),
        Ok(Err(error)) => Err(Failed {
            cause: error.into(),
            silent: false,
            remains: Remains::Session(Box::new(connection)),
        }),
        Err(elapsed) => Err(Failed {
            cause: sqlx::Error::Io(elapsed.into()).into(),
            silent: true,
            remains: Remains::Unidentified,
        }),
    }
}

/// Logs a failure, and heeds what it says of the tenant's other sessions.
fn tell(account: &Shared<Real>, failed: &Failed) {
    let (inner, tenant, error) = (
        account.door.settings.budget.inner(),
        account.tenant,
        &failed.cause.0,
    );
    match SessionRefused::of(error) {
        Some(SessionRefused::BypassesRowSecurity) => {
            tracing::error!(%tenant, %error, "session refused; the tenant's other sessions are ended");
            distrust::end_sessions(inner, tenant);
        }
        // Most likely the same for all tenants.
        Some(_) if inner.may_log_refusal() => {
            tracing::error!(%tenant, %error, "session refused");
        }
        _ => tracing::debug!(%tenant, %error, "login failed"),
    }
}

/// Closes a session that was refused, and says which backend that was, if it answers.
async fn part(mut connection: PgConnection) -> Option<i32> {
    let asked = sqlx::raw_sql("SELECT pg_catalog.pg_backend_pid()").fetch_one(&mut connection);
    let row = timeout(PARTING, asked).await.ok().and_then(Result::ok);
    let pid = row.and_then(|row| row.try_get(0).ok());
    // The socket is closed in any case; whether the server has noticed is asked next.
    let _ = timeout(PARTING, connection.close()).await;
    pid
}

/// Whether no backend can have come of it: nobody listens there.
fn nothing_was_there(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::NotFound | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
    ))
}

fn is(failed: &Failed, sqlstate: &str) -> bool {
    let error = failed.cause.0.as_database_error();
    error
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == sqlstate)
}
