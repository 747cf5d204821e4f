//! Live API keys in memory: what a request's key is verified against.
//!
//! The index is complete: it has every key that is neither revoked nor expired, by its SHA-256. So a request costs one hash
//! and one lock-free lookup, with no store query for any key, good or made up, and no cache that a storm of made-up keys
//! could fill. An index of prefixes beside a cache of verified keys was the alternative: it needs a query for the first
//! request of each key, a rate limit for these queries, and so a way in which a storm delays a newcomer. A complete index
//! takes less than 200 bytes a key, 20 MB for 100,000 keys.
//!
//! The [follower](crate::follower) keeps it up: it loads all keys, then reads each key that a notice names
//! (`migrations/control/0011`). See [`LiveKeys::verify`] for what holds while it has no connection.
//!
//! A change that this process makes does not wait for the listener: it is applied after its commit, before it is answered. A
//! new key and a revocation are applied as committed. Of a new end the row is read again over the pool, since others may
//! change it too; if that fails, the end is applied where it is earlier than before. A load or another read that began
//! before the commit may still bring the former state: [`ReadOrder`](order::ReadOrder) numbers reads and changes as they
//! begin, and of one key the highest number wins.

mod changed;
mod follow;
mod index;
mod order;
mod staleness;
mod uses;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tenant_registry::TenantId;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) use self::follow::ChangedKeys;
use self::index::{Index, KeyHash};
use self::uses::KeyUse;
pub use self::uses::KeyUses;
use crate::api_key::{ApiKeyScopes, ApiKeySecret};

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

/// The live keys. Cheap to clone; empty until
/// [`ControlPlane::follow_keys_and_plans`](crate::ControlPlane::follow_keys_and_plans) runs.
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
}

impl LiveKeys {
    pub(crate) fn new() -> Self {
        let (uses, recorder) = mpsc::channel(USES);
        Self(Arc::new(Inner {
            index: Index::default(),
            started: Instant::now(),
            store_ahead: AtomicI64::new(0),
            confirmed: AtomicU64::new(0),
            complete: AtomicBool::new(false),
            loaded: watch::Sender::new(false),
            uses,
            recorder: Mutex::new(Some(recorder)),
        }))
    }

    /// Verifies a key as a caller presents it. Never waits, and never queries the store.
    ///
    /// While the listener has no connection, keys in the index are accepted for `max_staleness` after its last answer: a
    /// change by another process may be missed for so long. Their expiry holds, and keys that are not in the index may have been made
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
        let is_known = inner.confirmed.load(Ordering::Acquire) != 0;
        if !is_known || inner.silence(now) >= max_staleness {
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
}

impl Inner {
    /// Milliseconds by this process's clock.
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Time since the listener last had an answer; without one, since the start.
    fn silence(&self, now: u64) -> Duration {
        let confirmed = self.confirmed.load(Ordering::Acquire).saturating_sub(1);
        Duration::from_millis(now.saturating_sub(confirmed))
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
