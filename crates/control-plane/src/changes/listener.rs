//! A connection to the control store that listens for notifications, with heartbeats.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification};
use tenant_registry::{TenantId, TenantNotice};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::notices::{ANSWER_TIMEOUT, HEARTBEAT, batch, listen, within};
use crate::standing_queries::{StandingQueries, StandingQuery};
use crate::store::standing::standing;

/// The channel of `migrations/control/0003_changes.sql`.
const CHANNEL: &str = "tenant_changed";
pub(super) struct Listener {
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
        Ok(Self {
            inner: listen(login, limit, &[CHANNEL]).await?,
            queries: standing_queries.receive(),
        })
    }

    /// Waits for notifications, and reads the tenants' standing. Empty after a heartbeat or an answered query.
    ///
    /// # Errors
    /// When the connection is lost: changes may have been missed since.
    pub(super) async fn notices(&mut self) -> Result<Vec<TenantNotice>, sqlx::Error> {
        let first = tokio::select! {
            first = timeout(HEARTBEAT, self.inner.try_recv()) => first,
            Some(query) = self.queries.recv() => {
                let standing = within(ANSWER_TIMEOUT, standing(&mut self.inner, &query.tenants)).await?;
                // The caller may have timed out.
                let _ = query.answer.send(standing);
                return Ok(Vec::new());
            }
        };
        let Ok(first) = first else {
            within(ANSWER_TIMEOUT, self.inner.execute("SELECT 1")).await?;
            return Ok(Vec::new());
        };
        let heard = batch(&mut self.inner, first)?;
        let changed: Vec<TenantId> = tenants_of(&heard).into_iter().collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        within(ANSWER_TIMEOUT, standing(&mut self.inner, &changed)).await
    }
}

/// The tenants that these notifications name, each once. Payloads are hints, since any login of the store can notify:
/// invalid ids are ignored.
fn tenants_of(heard: &[PgNotification]) -> BTreeSet<TenantId> {
    let ids = heard.iter().map(|notification| notification.payload().parse());
    ids.filter_map(Result::ok).collect()
}
