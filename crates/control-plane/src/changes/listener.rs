//! A connection to the control store that listens for notifications, with heartbeats.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use futures_util::FutureExt as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _};
use tenant_registry::{TenantId, TenantNotice};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::standing_queries::{StandingQueries, StandingQuery};
use crate::store::standing::standing;

/// The channel of `migrations/control/0003_changes.sql`.
const CHANNEL: &str = "tenant_changed";
/// The silence after which the server is pinged.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// The timeout of any answer. After it the connection counts as lost.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
/// The maximum of notifications that one query answers.
const BATCH: usize = 1024;

pub(super) struct Listener {
    /// Not used after a lost connection: it would reconnect without reporting what it missed. Dropped on a half-open
    /// connection, it leaves a task that ends at TCP's own timeout.
    inner: PgListener,
    queries: mpsc::Receiver<StandingQuery>,
}

impl Listener {
    /// Logs in and listens, within this limit. Commits after it returns are notified. It answers standing queries from
    /// then on.
    pub(super) async fn open(
        login: &PgConnectOptions,
        limit: Duration,
        standing_queries: &StandingQueries,
    ) -> Result<Self, sqlx::Error> {
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
            let mut inner = PgListener::connect_with(&pool).await?;
            inner.eager_reconnect(false);
            inner.listen(CHANNEL).await?;
            Ok(Self {
                inner,
                queries: standing_queries.receive(),
            })
        };
        timeout(limit, listening).await.map_err(io::Error::from)?
    }

    /// Waits for notifications, and reads the tenants' standing. Empty after a heartbeat or an answered query.
    ///
    /// # Errors
    /// When the connection is lost: changes may have been missed since.
    pub(super) async fn notices(&mut self) -> Result<Vec<TenantNotice>, sqlx::Error> {
        let first = tokio::select! {
            first = timeout(HEARTBEAT, self.inner.try_recv()) => first,
            Some(query) = self.queries.recv() => {
                let standing = within_timeout(standing(&mut self.inner, &query.tenants)).await?;
                // The caller may have timed out.
                let _ = query.answer.send(standing);
                return Ok(Vec::new());
            }
        };
        let Ok(first) = first else {
            within_timeout(self.inner.execute("SELECT 1")).await?;
            return Ok(Vec::new());
        };
        let mut heard = vec![received_or_lost(first)?];
        // Notifications that have arrived meanwhile are answered by the same query.
        while heard.len() < BATCH
            && let Some(more) = self.inner.try_recv().now_or_never()
        {
            heard.push(received_or_lost(more)?);
        }
        let changed: Vec<TenantId> = tenants_of(&heard).into_iter().collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        within_timeout(standing(&mut self.inner, &changed)).await
    }
}

/// sqlx reports a lost connection as `None`.
fn received_or_lost(
    received: Result<Option<PgNotification>, sqlx::Error>,
) -> Result<PgNotification, sqlx::Error> {
    let lost = || io::Error::from(io::ErrorKind::ConnectionAborted).into();
    received?.ok_or_else(lost)
}

/// The tenants that these notifications name, each once. Payloads are hints, since any login of the store can notify:
/// invalid ids are ignored.
fn tenants_of(heard: &[PgNotification]) -> BTreeSet<TenantId> {
    let ids = heard.iter().map(|notification| notification.payload().parse());
    ids.filter_map(Result::ok).collect()
}

async fn within_timeout<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(ANSWER_TIMEOUT, answer).await.map_err(io::Error::from)?
}
