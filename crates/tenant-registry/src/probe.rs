//! Probe for the cause of a failed acquire.
//!
//! sqlx's pool retries failed logins until the acquire timeout, and then drops the cause. To report it, the probe logs in
//! once more, directly: at most once a second for a tenant, however many requests wait.

use std::sync::Arc;
use std::time::Duration;

use pg_session::ConnectFailure;
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::plain_login::PlainLogin;

/// How long the probe's login, and its closing, may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long an answer holds.
const FRESH: Duration = Duration::from_secs(1);

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
