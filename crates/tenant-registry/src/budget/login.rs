//! A login, in a task that no caller's cancellation ends: a login that is dropped has no process id, and nobody could
//! say when its backend is gone.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{sleep, timeout};

use super::account::Shared;
use super::core::{LoginFailed, PipelineId};
use super::door::{Door, Real};
use super::sentinel::{Task, Watch};
use super::slots::Seated;
use super::word::Slot;
use crate::session::{self, SessionRefused};

/// A backend leaves `pg_stat_activity` an instant before its place is free.
const ONCE_MORE_AFTER: Duration = Duration::from_millis(1);

/// Logs in and tells the core.
pub(super) async fn run(account: Shared<Real>, slot: Slot, pipeline: PipelineId) {
    let inner = account.door.settings.budget.inner();
    let epoch = inner.with(|core| core.epoch());
    let began = inner.now();
    match log_in(&account).await {
        Ok((connection, pid)) => {
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
        Err(failed) => {
            inner.meters.login_failed();
            tracing::debug!(tenant = %account.tenant, error = %failed.cause, "a login failed");
            let (lingers, silent) = (failed.lingers, failed.silent);
            inner.with(|core| core.login_failed(&account, slot, pipeline, failed, inner.now()));
            if lingers {
                let (watch, gone) = Watch::login(&account, silent);
                inner.ask_sentinel(Task::Watch(watch));
                if gone.await.is_ok() {
                    inner.with(|core| core.confirmed(&account, inner.now()));
                }
            }
        }
    }
}

/// Once more after a millisecond where the server was full, and once more with fresh credentials where these were
/// refused.
async fn log_in(account: &Shared<Real>) -> Result<(PgConnection, i32), LoginFailed> {
    let door = &account.door;
    let inner = door.settings.budget.inner();
    let connect = door.connect();
    match attempt(account, &connect).await {
        Err(failed) if is(&failed, "53300") => {
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
async fn password_refused(door: &Door, failed: LoginFailed) -> LoginFailed {
    // Where the source does not take it in time, the next login tells it again.
    let _ = timeout(door.settings.connect_timeout, door.refused()).await;
    LoginFailed {
        cause: sqlx::Error::from(SessionRefused::Password(failed.cause.0)).into(),
        ..failed
    }
}

async fn attempt(
    account: &Shared<Real>,
    connect: &PgConnectOptions,
) -> Result<(PgConnection, i32), LoginFailed> {
    let settings = &account.door.settings;
    let options = session::options(connect.clone(), &settings.session);
    let now = settings.budget.inner().now();
    let login = async {
        let mut connection = options.connect().await?;
        let minimum = settings.session.min_server_version;
        let whole = account.door.is_to_be_verified(now);
        let verified = if whole {
            session::verify(&mut connection, minimum).await
        } else {
            session::verify_again(&mut connection, minimum).await
        };
        match verified {
            Ok(pid) => {
                if whole {
                    account.door.verified(now);
                }
                Ok((connection, pid))
            }
            Err(error) => {
                // Refused by us: the server shall not wait for anything more.
                let _ = connection.close().await;
                Err(error)
            }
        }
    };
    match timeout(settings.connect_timeout, login).await {
        Ok(Ok(session)) => Ok(session),
        Ok(Err(error)) => Err(LoginFailed {
            silent: false,
            lingers: !nothing_was_there(&error),
            cause: error.into(),
        }),
        Err(elapsed) => Err(LoginFailed {
            silent: true,
            lingers: true,
            cause: sqlx::Error::Io(elapsed.into()).into(),
        }),
    }
}

/// Whether no backend can have come of it: nobody listens there.
fn nothing_was_there(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::NotFound | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
    ))
}

fn is(failed: &LoginFailed, sqlstate: &str) -> bool {
    let error = failed.cause.0.as_database_error();
    error
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == sqlstate)
}
