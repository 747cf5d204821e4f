//! Listener that keeps the index of live keys up to date.

use std::collections::HashSet;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgListener};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::LiveKeys;
use super::changed::live_key;
use crate::notices::{ANSWER_TIMEOUT, HEARTBEAT, Reconnect, batch, listen, within};
use crate::store::api_keys::live;

/// The channel of `migrations/control/0011_api_key_scopes.sql`.
const CHANNEL: &str = "api_key_changed";
/// The timeout of loading all keys: some seconds for a million.
const LOAD_TIMEOUT: Duration = Duration::from_mins(1);
/// Interval of removing expired keys.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

impl LiveKeys {
    /// Keeps the index up to date, over a connection of its own to the control store, and logs when it was silent for
    /// `max_staleness`. Never ends, and is to run once.
    pub(crate) async fn follow(&self, login: PgConnectOptions, limit: Duration, max_staleness: Duration) {
        tokio::join!(
            self.listen_again(login, limit),
            self.watch_staleness(max_staleness)
        );
    }

    /// Listens, and again when the connection is lost. Never ends.
    async fn listen_again(&self, login: PgConnectOptions, limit: Duration) -> Infallible {
        let mut reconnect = Reconnect::default();
        loop {
            reconnect.pause().await;
            let Err(error) = self.listen(&login, limit, &mut reconnect).await;
            self.0.complete.store(false, Ordering::Release);
            if reconnect.lost() {
                tracing::warn!(%error, "cannot listen for changes of API keys; known keys stay valid for a while");
            }
        }
    }

    /// Follows the changes of one connection until it is lost.
    async fn listen(
        &self,
        login: &PgConnectOptions,
        limit: Duration,
        reconnect: &mut Reconnect,
    ) -> Result<Infallible, sqlx::Error> {
        let mut listener = listen(login, limit, CHANNEL).await?;
        within(LOAD_TIMEOUT, self.load(&mut listener)).await?;
        self.0.complete.store(true, Ordering::Release);
        self.0.loaded.send_replace(true);
        reconnect.worked();
        if reconnect.opened() {
            tracing::info!("listening for changes of API keys again");
        }
        let mut swept = Instant::now();
        loop {
            self.next(&mut listener).await?;
            if swept.elapsed() >= SWEEP_EVERY {
                swept = Instant::now();
                self.0.index.remove_expired(self.0.store_time(self.0.now()));
            }
        }
    }

    /// Reads all live keys, and forgets all others.
    async fn load(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
        self.confirm(listener).await?;
        let asked = self.0.now();
        let load = self.0.index.begin_load();
        {
            let mut rows = pin!(live::all(&mut *listener));
            while let Some(row) = rows.try_next().await? {
                if let Some((hash, key)) = live_key(&row) {
                    load.found(hash, key);
                }
            }
        }
        load.end_load();
        tracing::debug!(keys = self.0.index.len(), "API keys are loaded");
        // As of the time before the load, which may have taken long.
        self.0.confirmed.store(asked.saturating_add(1), Ordering::Release);
        Ok(())
    }

    /// Waits for notices, and applies them; or for a heartbeat.
    async fn next(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
        let Ok(first) = timeout(HEARTBEAT, listener.try_recv()).await else {
            return within(ANSWER_TIMEOUT, self.confirm(listener)).await;
        };
        // Payloads are hints, since any login of the store can notify: invalid ids are ignored.
        let changed: HashSet<Uuid> = batch(listener, first)?
            .iter()
            .filter_map(|notification| notification.payload().parse().ok())
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        within(ANSWER_TIMEOUT, async {
            // Loads are this task's own, so none begins meanwhile.
            let _ = self.read_again(&mut *listener, changed).await?;
            // A stream of notices leaves no pause for heartbeats.
            self.confirm(listener).await
        })
        .await
    }

    async fn confirm(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
        let asked = self.0.now();
        let store_time = live::store_time(&mut *listener).await?;
        self.0.confirm(asked, store_time);
        Ok(())
    }
}
