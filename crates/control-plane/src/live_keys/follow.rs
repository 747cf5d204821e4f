//! What the [follower](crate::follower) reads into the index of live keys.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::atomic::Ordering;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgListener, PgNotification};
use uuid::Uuid;

use super::LiveKeys;
use super::changed::live_key;
use crate::store::api_keys::live;

/// The keys that notices name.
#[derive(Debug)]
pub(crate) struct ChangedKeys(HashSet<Uuid>);

impl ChangedKeys {
    /// The channel of `migrations/control/0011_api_key_scopes.sql`.
    pub(crate) const CHANNEL: &str = "api_key_changed";

    /// Those of these notices. Payloads are hints, since any login of the store can notify: invalid ids are ignored.
    pub(crate) fn of(heard: &[PgNotification]) -> Self {
        let keys = heard
            .iter()
            .filter(|notification| notification.channel() == Self::CHANNEL);
        Self(
            keys.filter_map(|notification| notification.payload().parse().ok())
                .collect(),
        )
    }
}

impl LiveKeys {
    /// Reads all live keys, and forgets all others. From then on keys that are not in the index are invalid.
    pub(crate) async fn load(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
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
        self.0.complete.store(true, Ordering::Release);
        self.0.loaded.send_replace(true);
        Ok(())
    }

    /// The connection is lost: keys that are not in the index may have been made meanwhile.
    pub(crate) fn disconnected(&self) {
        self.0.complete.store(false, Ordering::Release);
    }

    /// Reads these keys again.
    pub(crate) async fn read_notified(
        &self,
        listener: &mut PgListener,
        ChangedKeys(changed): ChangedKeys,
    ) -> Result<(), sqlx::Error> {
        if !changed.is_empty() {
            // Loads are the follower's own, so none begins meanwhile.
            let _ = self.read_again(&mut *listener, changed).await?;
        }
        Ok(())
    }

    /// Asks for the store's time: the connection works.
    pub(crate) async fn confirm(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
        let asked = self.0.now();
        let store_time = live::store_time(&mut *listener).await?;
        self.0.confirm(asked, store_time);
        Ok(())
    }

    /// Removes keys that have expired. Reads all keys.
    pub(crate) fn remove_expired(&self) {
        self.0.index.remove_expired(self.0.store_time(self.0.now()));
    }
}
