//! Connections to the control store that listen for notifications.

use std::io;
use std::time::Duration;

use futures_util::FutureExt as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use tokio::time::{sleep, timeout};

/// The silence after which the server is pinged.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(500);
/// The timeout of any answer. After it the connection counts as lost.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
/// The maximum of notifications that one query answers.
const BATCH: usize = 1024;
/// The pause between a loss and the first attempt to listen again. Doubles with each attempt, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The end of an outage is noticed within this and one login.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Logs in and listens on these channels, within this limit. Commits after it returns are notified.
///
/// Do not use the listener after a lost connection: it would reconnect without reporting what it missed. Dropped on a
/// half-open connection, it leaves a task that ends at TCP's own timeout.
pub(crate) async fn listen(
    login: &PgConnectOptions,
    limit: Duration,
    channels: &[&str],
) -> Result<PgListener, sqlx::Error> {
    let login = login.clone().disable_statement_logging().options([
        // The server closes the backend of a listener that vanished silently, instead of after two hours.
        ("tcp_keepalives_idle", "5"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "10000"),
    ]);
    #[expect(
        clippy::disallowed_methods,
        reason = "a listener takes its one connection from a pool"
    )]
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(limit)
        // Closed without sqlx's ping, which warns when PostgreSQL stops together with the service.
        .after_release(|_, _| Box::pin(async { Ok(false) }))
        .connect_lazy_with(login);
    let listening = async {
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen_all(channels.iter().copied()).await?;
        Ok(listener)
    };
    timeout(limit, listening).await.map_err(io::Error::from)?
}

/// The first notification with those that have arrived since, up to a limit: one query answers them all.
pub(crate) fn batch(
    listener: &mut PgListener,
    first: Result<Option<PgNotification>, sqlx::Error>,
) -> Result<Vec<PgNotification>, sqlx::Error> {
    let mut heard = vec![received_or_lost(first)?];
    while heard.len() < BATCH
        && let Some(more) = listener.try_recv().now_or_never()
    {
        heard.push(received_or_lost(more)?);
    }
    Ok(heard)
}

/// sqlx reports a lost connection as `None`.
fn received_or_lost(
    received: Result<Option<PgNotification>, sqlx::Error>,
) -> Result<PgNotification, sqlx::Error> {
    let lost = || io::Error::from(io::ErrorKind::ConnectionAborted).into();
    received?.ok_or_else(lost)
}

/// The answer, within this limit.
pub(crate) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(limit, answer).await.map_err(io::Error::from)?
}

/// Pauses between attempts to listen, and one log line each for a loss and its end, however many attempts lie between.
#[derive(Debug, Default)]
pub(crate) struct Reconnect {
    /// The pause before the next attempt.
    pause: Duration,
    loss_logged: bool,
}

impl Reconnect {
    /// Waits before the next attempt; not before the first.
    pub(crate) async fn pause(&mut self) {
        sleep(self.pause).await;
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, MAX_PAUSE);
    }

    /// After the connection has worked: the next loss is retried quickly.
    pub(crate) fn worked(&mut self) {
        self.pause = FIRST_PAUSE;
    }

    /// Whether this loss is the first since the connection worked.
    pub(crate) fn lost(&mut self) -> bool {
        !std::mem::replace(&mut self.loss_logged, true)
    }

    /// Whether the connection was lost before it was opened now.
    pub(crate) fn opened(&mut self) -> bool {
        std::mem::take(&mut self.loss_logged)
    }
}
