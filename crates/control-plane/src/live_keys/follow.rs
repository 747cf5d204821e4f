//! Listener that keeps the index of live keys up to date.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgListener};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::index::{KeyHash, LiveKey};
use super::{LiveKeys, Refresh};
use crate::notices::{ANSWER_TIMEOUT, HEARTBEAT, Reconnect, batch, listen, within};
use crate::store::api_keys::live::{self, LiveKeyRow};

/// The channel of `migrations/control/0011_api_key_scopes.sql`.
const CHANNEL: &str = "api_key_changed";
/// The timeout of loading all keys: some seconds for a million.
const LOAD_TIMEOUT: Duration = Duration::from_mins(1);
/// Interval of removing expired keys.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

impl LiveKeys {
    /// Keeps the index up to date, over a connection of its own to the control store. Never ends, and is to run once.
    pub(crate) async fn follow(&self, login: PgConnectOptions, limit: Duration) {
        let mut refreshes = self.0.to_refresh.lock().await;
        let mut reconnect = Reconnect::default();
        loop {
            reconnect.pause().await;
            let Err(error) = self.listen(&login, limit, &mut refreshes, &mut reconnect).await;
            self.0.complete.store(false, Ordering::Release);
            // Their callers wait for nothing.
            while refreshes.try_recv().is_ok() {}
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
        refreshes: &mut mpsc::Receiver<Refresh>,
        reconnect: &mut Reconnect,
    ) -> Result<std::convert::Infallible, sqlx::Error> {
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
            self.next(&mut listener, refreshes).await?;
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
        self.0.index.begin_load();
        {
            let mut rows = pin!(live::all(&mut *listener));
            while let Some(row) = rows.try_next().await? {
                self.insert(&row);
            }
        }
        self.0.index.end_load();
        tracing::debug!(keys = self.0.index.len(), "API keys are loaded");
        // As of the time before the load, which may have taken long.
        self.0.confirmed.store(asked.saturating_add(1), Ordering::Release);
        Ok(())
    }

    /// Waits for notices and requests to read a key again, and applies them; or for a heartbeat.
    async fn next(
        &self,
        listener: &mut PgListener,
        refreshes: &mut mpsc::Receiver<Refresh>,
    ) -> Result<(), sqlx::Error> {
        let mut waiting = Vec::new();
        let changed = tokio::select! {
            first = timeout(HEARTBEAT, listener.try_recv()) => match first {
                Err(_) => return within(ANSWER_TIMEOUT, self.confirm(listener)).await,
                // Payloads are hints, since any login of the store can notify: invalid ids are ignored.
                Ok(first) => batch(listener, first)?
                    .iter()
                    .filter_map(|notification| notification.payload().parse().ok())
                    .collect::<HashSet<Uuid>>(),
            },
            Some(Refresh { key, done }) = refreshes.recv() => {
                waiting.push(done);
                let mut keys = HashSet::from([key]);
                while let Ok(Refresh { key, done }) = refreshes.try_recv() {
                    waiting.push(done);
                    keys.insert(key);
                }
                keys
            }
        };
        if !changed.is_empty() {
            within(ANSWER_TIMEOUT, self.read_again(listener, changed)).await?;
        }
        for done in waiting {
            // The caller may have timed out.
            let _ = done.send(());
        }
        Ok(())
    }

    async fn read_again(&self, listener: &mut PgListener, changed: HashSet<Uuid>) -> Result<(), sqlx::Error> {
        let ids: Vec<Uuid> = changed.iter().copied().collect();
        let mut gone = changed;
        for row in live::of(&mut *listener, &ids).await? {
            gone.remove(&row.id);
            if row.live {
                self.insert(&row);
            } else if let Some(hash) = KeyHash::stored(&row.sha256) {
                self.0.index.remove(&hash);
            }
        }
        self.0.index.remove_ids(&gone);
        // A stream of notices leaves no pause for heartbeats.
        self.confirm(listener).await
    }

    async fn confirm(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
        let asked = self.0.now();
        let store_time = live::store_time(&mut *listener).await?;
        self.0.confirm(asked, store_time);
        Ok(())
    }

    fn insert(&self, row: &LiveKeyRow) {
        // The store's constraints leave no other rows.
        if let (Some(hash), Some(scopes)) = (KeyHash::stored(&row.sha256), row.scopes()) {
            let key = LiveKey::new(row.id, row.tenant_id, row.expires_at_ms, scopes);
            self.0.index.insert(hash, key);
        }
    }
}
