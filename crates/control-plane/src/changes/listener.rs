//! A connection to the control store that listens, and notices when it does not any more.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use futures_util::FutureExt as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _};
use tenant_registry::{TenantId, TenantNotice};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::questions::{ListenerQuestions, Question};
use crate::store::standing;

/// As in the migration.
const CHANNEL: &str = "tenant_changed";
/// How long nothing may be heard before the server is asked whether it is there.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// How long any answer may take. A connection without one is given up.
const ANSWER: Duration = Duration::from_millis(500);
/// The most notifications that one query reads after.
const BATCH: usize = 1024;

pub(super) struct Listener {
    /// It would connect again by itself, and does not say what it missed meanwhile: once it reports a loss it is not
    /// used any more. Dropped on a silent network, it leaves a task that ends with TCP's own patience.
    inner: PgListener,
    questions: mpsc::Receiver<Question>,
}

impl Listener {
    /// Logs in and listens, within this limit. What is committed after it returns is heard. Answers questions from
    /// then on.
    pub(super) async fn open(
        login: &PgConnectOptions,
        limit: Duration,
        questions: &ListenerQuestions,
    ) -> Result<Self, sqlx::Error> {
        let login = login.clone().disable_statement_logging().options([
            // The server shall not keep a backend for a listener that is gone without a word; it would wait two hours.
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
            .connect_lazy_with(login);
        let listening = async {
            let mut inner = PgListener::connect_with(&pool).await?;
            inner.eager_reconnect(false);
            inner.listen(CHANNEL).await?;
            Ok(Self {
                inner,
                questions: questions.receive(),
            })
        };
        timeout(limit, listening).await.map_err(io::Error::from)?
    }

    /// Waits for changes, and reads how their tenants stand now. None when there were none for a while and the server
    /// has answered that it is there, or a question was answered.
    ///
    /// # Errors
    /// When the connection is lost: changes may have been missed from here on.
    pub(super) async fn notices(&mut self) -> Result<Vec<TenantNotice>, sqlx::Error> {
        let first = tokio::select! {
            first = timeout(HEARTBEAT, self.inner.try_recv()) => first,
            Some(question) = self.questions.recv() => {
                let standing = in_time(standing(&mut self.inner, &question.tenants)).await?;
                // Nobody waits any more: it was too late.
                let _ = question.answer.send(standing);
                return Ok(Vec::new());
            }
        };
        let Ok(first) = first else {
            in_time(self.inner.execute("SELECT 1")).await?;
            return Ok(Vec::new());
        };
        let mut heard = vec![connected(first)?];
        // What has come with it is read in the same query.
        while heard.len() < BATCH
            && let Some(more) = self.inner.try_recv().now_or_never()
        {
            heard.push(connected(more)?);
        }
        let changed: Vec<TenantId> = named(&heard).into_iter().collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        in_time(standing(&mut self.inner, &changed)).await
    }
}

/// sqlx says that a connection is lost by receiving nothing.
fn connected(received: Result<Option<PgNotification>, sqlx::Error>) -> Result<PgNotification, sqlx::Error> {
    let lost = || io::Error::from(io::ErrorKind::ConnectionAborted).into();
    received?.ok_or_else(lost)
}

/// The tenants that these notifications name, each once. A payload is never more than a hint, since any login of the
/// store can notify: what is no tenant's id names nobody.
fn named(heard: &[PgNotification]) -> BTreeSet<TenantId> {
    let ids = heard.iter().map(|notification| notification.payload().parse());
    ids.filter_map(Result::ok).collect()
}

async fn in_time<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(ANSWER, answer).await.map_err(io::Error::from)?
}
