//! Live API keys in memory: what a request's key is verified against.
//!
//! The index is complete: it has every key that is neither revoked nor expired, by its SHA-256. So a request costs one hash
//! and one lock-free lookup, with no store query for any key, good or made up, and no cache that a storm of made-up keys
//! could fill. An index of prefixes beside a cache of verified keys was the alternative: it needs a query for the first
//! request of each key, a rate limit for these queries, and so a way in which a storm delays a newcomer. A complete index
//! takes less than 200 bytes a key, 20 MB for 100,000 keys.
//!
//! A listener keeps it up: it loads all keys, then reads each key that a notice names (`migrations/control/0011`). See
//! [`LiveKeys::verify`] for what holds while it has no connection.

mod follow;
mod index;
mod uses;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tenant_registry::TenantId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use self::index::{Index, KeyHash};
use self::uses::KeyUse;
pub use self::uses::KeyUses;
use crate::api_key::{ApiKeyScopes, ApiKeySecret};

/// The time for which a change waits until this process knows of it. Longer than a batch of notices takes.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(1);
/// The capacity of the queue of keys to read again.
const REFRESHES: usize = 256;
/// The capacity of the queue of uses to record. A use that finds no room is offered again by the key's next request.
const USES: usize = 4096;
/// A key's use is recorded once in this time.
const USE_EVERY: Duration = Duration::from_mins(1);

/// A key that is accepted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedKey {
    /// Its id.
    pub id: Uuid,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// What it allows.
    pub scopes: ApiKeyScopes,
}

/// Why a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// There is no such key, or it is revoked or expired.
    #[error("no such key")]
    Invalid,
    /// Whether it is valid cannot be said without the control store.
    #[error("the control store is not reachable")]
    StoreAway,
}

/// The live keys. Cheap to clone; empty until [`follow`](Self::follow) runs.
#[derive(Clone)]
pub struct LiveKeys(Arc<Inner>);

struct Inner {
    index: Index,
    /// The zero of this process's clock.
    started: Instant,
    /// The store's clock minus this process's, in milliseconds.
    store_ahead: AtomicI64,
    /// When the listener last had an answer, in milliseconds by this process's clock, plus one; 0: never.
    confirmed: AtomicU64,
    /// Whether the index has every live key: there is a listener, and it has loaded them.
    complete: AtomicBool,
    loaded: watch::Sender<bool>,
    uses: mpsc::Sender<KeyUse>,
    /// The other end, until it is taken.
    recorder: Mutex<Option<mpsc::Receiver<KeyUse>>>,
    refreshes: mpsc::Sender<Refresh>,
    /// The other end, which the listener has.
    to_refresh: tokio::sync::Mutex<mpsc::Receiver<Refresh>>,
}

/// A key to read again, and whom to tell when that is done.
struct Refresh {
    key: Uuid,
    done: oneshot::Sender<()>,
}

impl LiveKeys {
    pub(crate) fn new() -> Self {
        let (uses, recorder) = mpsc::channel(USES);
        let (refreshes, to_refresh) = mpsc::channel(REFRESHES);
        Self(Arc::new(Inner {
            index: Index::default(),
            started: Instant::now(),
            store_ahead: AtomicI64::new(0),
            confirmed: AtomicU64::new(0),
            complete: AtomicBool::new(false),
            loaded: watch::Sender::new(false),
            uses,
            recorder: Mutex::new(Some(recorder)),
            refreshes,
            to_refresh: tokio::sync::Mutex::new(to_refresh),
        }))
    }

    /// Verifies a key as a caller presents it. Never waits, and never queries the store.
    ///
    /// While the listener has no connection, keys in the index are accepted for `max_staleness` after its last answer: a
    /// revocation may be missed for so long. Their expiry holds, and keys that are not in the index may have been made
    /// meanwhile. A connection that is lost silently is noticed within a second.
    ///
    /// # Errors
    /// See [`KeyRefusal`].
    pub fn verify(&self, presented: &str, max_staleness: Duration) -> Result<VerifiedKey, KeyRefusal> {
        if !ApiKeySecret::is_well_formed(presented) {
            return Err(KeyRefusal::Invalid);
        }
        let hash = KeyHash::of(presented);
        let inner = &*self.0;
        let now = inner.now();
        let keys = inner.index.read();
        let Some(key) = keys.get(&hash) else {
            return Err(if inner.complete.load(Ordering::Acquire) {
                KeyRefusal::Invalid
            } else {
                KeyRefusal::StoreAway
            });
        };
        if key.expires_at <= inner.store_time(now) {
            return Err(KeyRefusal::Invalid);
        }
        let confirmed = inner.confirmed.load(Ordering::Acquire);
        if confirmed == 0 || u128::from(now.saturating_sub(confirmed - 1)) >= max_staleness.as_millis() {
            return Err(KeyRefusal::StoreAway);
        }
        if key.use_is_due(now, USE_EVERY) {
            let used = KeyUse {
                key: key.id,
                at: inner.store_time(now),
            };
            if inner.uses.try_send(used).is_err() {
                key.use_not_recorded();
            }
        }
        Ok(VerifiedKey {
            id: key.id,
            tenant: key.tenant.into(),
            scopes: key.scopes,
        })
    }

    /// Waits until all keys have been loaded once.
    pub async fn loaded(&self) {
        // The sender is in `self`.
        let _ = self.0.loaded.subscribe().wait_for(|loaded| *loaded).await;
    }

    /// The recorder of uses. `None` when it was taken before: there is one.
    pub(crate) fn take_uses(&self) -> Option<mpsc::Receiver<KeyUse>> {
        let mut recorder = self.0.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.take()
    }

    /// Waits until the listener has read this key after its change, so that this process knows of what it has answered.
    /// Without a listener, or after a second, it returns all the same.
    pub(crate) async fn refresh(&self, key: Uuid) {
        if !self.0.complete.load(Ordering::Acquire) {
            return;
        }
        let (done, read) = oneshot::channel();
        let round_trip = async {
            self.0.refreshes.send(Refresh { key, done }).await.ok()?;
            read.await.ok()
        };
        if timeout(REFRESH_TIMEOUT, round_trip).await.is_err() {
            tracing::warn!(%key, "a changed API key was not read again in time");
        }
    }
}

impl Inner {
    /// Milliseconds by this process's clock.
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The store's time at this time of the process's clock, in milliseconds since 1970.
    fn store_time(&self, now: u64) -> i64 {
        i64::try_from(now)
            .unwrap_or(i64::MAX)
            .saturating_add(self.store_ahead.load(Ordering::Relaxed))
    }

    /// The store has answered a question of `asked` with its time.
    fn confirm(&self, asked: u64, store_time: i64) {
        let now = i64::try_from(self.now()).unwrap_or(i64::MAX);
        self.store_ahead
            .store(store_time.saturating_sub(now), Ordering::Relaxed);
        self.confirmed.store(asked.saturating_add(1), Ordering::Release);
    }
}

impl fmt::Debug for LiveKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveKeys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
