//! Asks why no connection can be had.
//!
//! sqlx's pool retries refused and overcrowded connects until the acquire timeout and then forgets why. A
//! client is told which it was, so the pool asks once more, directly: at most one login a second for a tenant,
//! however many wait, so that a busy tenant is not made busier.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::Failure;
use crate::plain_login::PlainLogin;

/// How long the probe's login, and its closing, may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long an answer holds.
const FRESH: Duration = Duration::from_secs(1);

/// Why a tenant's pool could not connect, shared by all who waited.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the tenant's database refuses connections")]
pub struct ConnectFailure(#[source] pub Arc<sqlx::Error>);

impl ConnectFailure {
    /// What kind of failure it is. Nothing was sent yet, so nothing is lost; and whatever else a server has against a
    /// session, such as that there is no such database (3D000), that it takes no connections (55000) or not this login's
    /// (42501), it cannot be reached.
    pub fn kind(&self) -> Failure {
        match Failure::of(&self.0) {
            Failure::ConnectionLost => Failure::Unreachable,
            Failure::Other if self.0.as_database_error().is_some() => Failure::Unreachable,
            other => other,
        }
    }
}

impl From<sqlx::Error> for ConnectFailure {
    fn from(cause: sqlx::Error) -> Self {
        Self(Arc::new(cause))
    }
}

impl From<ConnectFailure> for sqlx::Error {
    fn from(failure: ConnectFailure) -> Self {
        Self::Configuration(Box::new(failure))
    }
}

/// The last answer and when it came; `None` in it: a login worked.
type Answer = Option<(Instant, Option<ConnectFailure>)>;

pub(crate) struct Probe {
    login: Arc<PlainLogin>,
    last: Mutex<Answer>,
}

impl Probe {
    pub(crate) fn new(login: Arc<PlainLogin>) -> Self {
        Self {
            login,
            last: Mutex::new(None),
        }
    }

    /// Why a login fails now, or `None` when one works.
    pub(crate) async fn cause(&self) -> Option<ConnectFailure> {
        let mut last = self.last.lock().await;
        if let Some((when, answer)) = &*last
            && when.elapsed() < FRESH
        {
            return answer.clone();
        }
        let answer = self.login().await.err().map(ConnectFailure::from);
        *last = Some((Instant::now(), answer.clone()));
        answer
    }

    async fn login(&self) -> Result<(), sqlx::Error> {
        let login = async {
            let mut connection = self.login.options().connect().await?;
            self.login.verify(&mut connection).await?;
            Ok::<_, sqlx::Error>(connection)
        };
        let connection = timeout(TIMEOUT, login).await.map_err(std::io::Error::from)??;
        close_quietly(connection).await;
        Ok(())
    }
}

async fn close_quietly(connection: PgConnection) {
    if let Ok(Err(error)) = timeout(TIMEOUT, connection.close()).await {
        tracing::debug!(%error, "the probe's connection did not close cleanly");
    }
}
