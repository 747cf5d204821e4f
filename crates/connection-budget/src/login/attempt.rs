//! One attempt to log in.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;

use pg_session::session;
use pg_session::{ConnectFailure, ConnectionLimit};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::time::{Instant, timeout_at};

use crate::connector::PostgresAccount;

/// A failed attempt to log in.
pub(super) struct FailedAttempt {
    pub(super) cause: ConnectFailure,
    /// The server did not answer in time.
    pub(super) timed_out: bool,
    pub(super) leftover: Leftover,
}

/// The backend that the server may still have of a failed login.
pub(super) enum Leftover {
    /// No backend was started.
    None,
    /// A backend that refused the login, and ends by itself.
    Refused,
    /// Unknown: the login timed out.
    Unanswered,
    /// The login succeeded, and its session is refused.
    Session(Box<PgConnection>),
    /// The login succeeded, and its session did not answer in time.
    Unidentified,
}

impl FailedAttempt {
    pub(super) fn unanswered(cause: sqlx::Error) -> Self {
        Self {
            cause: cause.into(),
            timed_out: true,
            leftover: Leftover::Unanswered,
        }
    }

    pub(super) fn limit(&self) -> Option<ConnectionLimit> {
        ConnectionLimit::of(&self.cause.0)
    }
}

/// Logs in once and verifies the session. Returns its process id as well.
pub(super) async fn attempt(
    account: &PostgresAccount,
    connect: &PgConnectOptions,
) -> Result<(PgConnection, i32), FailedAttempt> {
    let settings = &account.connector.settings;
    let server_version = settings.budget.inner().server_version.load(Ordering::Relaxed);
    let until = Instant::now() + settings.connect_timeout;
    let options = session::options(connect.clone(), &settings.session, server_version);
    let mut connection = match timeout_at(until, options.connect()).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => {
            let leftover = if never_connected(&error) {
                Leftover::None
            } else {
                Leftover::Refused
            };
            return Err(FailedAttempt {
                cause: error.into(),
                timed_out: false,
                leftover,
            });
        }
        Err(elapsed) => {
            return Err(FailedAttempt::unanswered(sqlx::Error::Io(elapsed.into())));
        }
    };
    // From here on the server has a backend, and the permit is free when it is gone.
    let checked = session::verify(&mut connection, &settings.session, server_version);
    match timeout_at(until, checked).await {
        Ok(Ok(pid)) => Ok((connection, pid)),
        Ok(Err(error)) => Err(FailedAttempt {
            cause: error.into(),
            timed_out: false,
            leftover: Leftover::Session(Box::new(connection)),
        }),
        Err(elapsed) => Err(FailedAttempt {
            cause: sqlx::Error::Io(elapsed.into()).into(),
            timed_out: true,
            leftover: Leftover::Unidentified,
        }),
    }
}

/// Whether no backend can have been started, because nothing listens there.
fn never_connected(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::NotFound | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
    ))
}
