//! A login, in a task that no caller's cancellation ends: a login that is dropped has no process id, and nobody could
//! say when its backend is gone.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{sleep, timeout};

use super::account::Shared;
use super::core::{LoginFailed, PipelineId};
use super::distrust;
use super::door::Real;
use super::sentinel::{Task, Watch};
use super::slots::Seated;
use super::word::Slot;
use crate::panics::caught;
use crate::session::{self, SessionRefused};

/// A backend leaves `pg_stat_activity` an instant before its place is free.
const ONCE_MORE_AFTER: Duration = Duration::from_millis(1);

/// Logs in and tells the core.
pub(super) async fn run(account: Shared<Real>, slot: Slot, pipeline: PipelineId) {
    let inner = account.door.settings.budget.inner();
    let epoch = inner.with(|core| core.epoch());
    let began = inner.now();
    // A permit must not go with a panic, such as one of the source that is asked for fresh credentials.
    let logged_in = caught("login", log_in(&account)).await;
    match logged_in.unwrap_or_else(|panicked| Err(unanswered(sqlx::Error::Configuration(panicked.into())))) {
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
        Err(failed) => {
            inner.meters.login_failed();
            tell(&account, &failed);
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
                Ok(Some(fresh)) => attempt(account, &fresh).await,
                Ok(None) | Err(_) => Err(failed),
            }
        }
        outcome => outcome,
    }
}

async fn attempt(
    account: &Shared<Real>,
    connect: &PgConnectOptions,
) -> Result<(PgConnection, i32), LoginFailed> {
    let settings = &account.door.settings;
    let server_version = settings.budget.inner().server_version.load(Ordering::Relaxed);
    let options = session::options(connect.clone(), &settings.session, server_version);
    let login = async {
        let mut connection = options.connect().await?;
        match session::verify(&mut connection, &settings.session, server_version).await {
            Ok(pid) => Ok((connection, pid)),
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
        Err(elapsed) => Err(unanswered(sqlx::Error::Io(elapsed.into()))),
    }
}

fn unanswered(cause: sqlx::Error) -> LoginFailed {
    LoginFailed {
        silent: true,
        lingers: true,
        cause: cause.into(),
    }
}

/// Logs a failure, and heeds what it says of the tenant's other sessions.
fn tell(account: &Shared<Real>, failed: &LoginFailed) {
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
