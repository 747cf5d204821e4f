//! Recording of when keys were last used, in batches.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::store::Store;

/// Interval of the batches.
const EVERY: Duration = Duration::from_secs(5);
/// Keys in one statement.
const BATCH: usize = 1000;
/// Time limit of one statement.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A use of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyUse {
    pub(super) key: Uuid,
    /// By the store's clock, in milliseconds since 1970.
    pub(super) at: i64,
}

/// Records when keys were last used.
///
/// Bounded: up to a batch waits here and a queue before it, whatever the store does. Uses that find no room are not lost
/// for good, since the key's next request offers its own.
pub struct KeyUses {
    queue: mpsc::Receiver<KeyUse>,
    store: Store,
    /// Uses to write, the latest of each key.
    pending: HashMap<Uuid, i64>,
    /// Whether the last write failed: one log line for an outage.
    failing: bool,
}

impl KeyUses {
    pub(crate) fn new(queue: mpsc::Receiver<KeyUse>, store: Store) -> Self {
        Self {
            queue,
            store,
            pending: HashMap::new(),
            failing: false,
        }
    }

    /// Records uses every few seconds. Never ends; nothing is lost if it is dropped.
    pub async fn run(&mut self) {
        loop {
            sleep(EVERY).await;
            self.flush().await;
        }
    }

    /// Records all uses up to now. What the store does not accept is tried again by the next call.
    pub async fn flush(&mut self) {
        loop {
            while self.pending.len() < BATCH
                && let Ok(KeyUse { key, at }) = self.queue.try_recv()
            {
                match self.pending.entry(key) {
                    Entry::Occupied(mut known) => *known.get_mut() = at.max(*known.get()),
                    Entry::Vacant(new) => drop(new.insert(at)),
                }
            }
            if self.pending.is_empty() {
                return;
            }
            let (keys, times): (Vec<_>, Vec<_>) = self.pending.iter().map(|(key, at)| (*key, *at)).unzip();
            match timeout(TIMEOUT, self.store.record_api_key_uses(&keys, &times)).await {
                Ok(Ok(())) => {
                    self.failing = false;
                    self.pending.clear();
                }
                Ok(Err(error)) => return self.failed(Some(error)),
                Err(_) => return self.failed(None),
            }
        }
    }

    fn failed(&mut self, error: Option<crate::store::error::StoreError>) {
        if !std::mem::replace(&mut self.failing, true) {
            let error = error.map_or_else(|| "timed out".to_owned(), |error| error.to_string());
            tracing::warn!(error, "cannot record when API keys were last used; trying again");
        }
    }
}

impl std::fmt::Debug for KeyUses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyUses").finish_non_exhaustive()
    }
}
