//! Lock-free index of keys by their hash.

mod read;

use std::hash::{Hash, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papaya::{HashMap, HashMapRef, LocalGuard};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

pub(super) use self::read::LoadBegan;
use super::order::ReadOrder;
use crate::api_key::ApiKeyScopes;

/// The SHA-256 of a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key as a caller presents it.
    pub(super) fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented).into())
    }

    /// A hash of the store; `None` if it is none.
    pub(super) fn stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Compares in constant time.
impl PartialEq for KeyHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyHash {}

impl Hash for KeyHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The bytes of a SHA-256 are random: some are enough.
        if let Some(bytes) = self.0.first_chunk() {
            state.write_u64(u64::from_ne_bytes(*bytes));
        }
    }
}

/// A live key. Small: there may be a hundred thousand.
#[derive(Debug)]
pub(super) struct LiveKey {
    pub(super) id: Uuid,
    pub(super) tenant: Uuid,
    /// By the store's clock, in milliseconds since 1970; [`i64::MAX`] for never.
    pub(super) expires_at: i64,
    pub(super) scopes: ApiKeyScopes,
    /// The load that it was last found by.
    load: AtomicU32,
    /// When its use was last recorded, in seconds by this process's clock, plus one; 0: never.
    recorded: AtomicU32,
}

impl LiveKey {
    pub(super) fn new(id: Uuid, tenant: Uuid, expires_at: Option<i64>, scopes: ApiKeyScopes) -> Self {
        Self {
            id,
            tenant,
            expires_at: expires_at.unwrap_or(i64::MAX),
            scopes,
            load: AtomicU32::new(0),
            recorded: AtomicU32::new(0),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.id, self.tenant, self.expires_at, self.scopes)
            == (other.id, other.tenant, other.expires_at, other.scopes)
    }

    /// Whether the use at this time, in milliseconds, is to be recorded: true for one caller in each interval.
    pub(super) fn use_is_due(&self, now: u64, every: Duration) -> bool {
        let now = u32::try_from(now / 1000).unwrap_or(u32::MAX).saturating_add(1);
        let recorded = self.recorded.load(Ordering::Relaxed);
        let due = recorded == 0 || u64::from(now.saturating_sub(recorded)) >= every.as_secs();
        due && self
            .recorded
            .compare_exchange(recorded, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Makes the next use due.
    pub(super) fn use_not_recorded(&self) {
        self.recorded.store(0, Ordering::Relaxed);
    }
}

/// The keys. Any number of threads read them without a lock; writers take one.
#[derive(Default)]
pub(super) struct Index {
    keys: HashMap<KeyHash, LiveKey>,
    /// The number of the current load.
    load: AtomicU32,
    /// Held for each write, but not while the store is read.
    order: Mutex<ReadOrder>,
}

/// The keys, pinned for reading.
pub(super) type Keys<'a> = HashMapRef<'a, KeyHash, LiveKey, RandomState, LocalGuard<'a>>;

impl Index {
    pub(super) fn read(&self) -> Keys<'_> {
        self.keys.pin()
    }

    /// Removes keys that have expired by this time of the store. Reads all keys.
    pub(super) fn remove_expired(&self, store_time: i64) {
        let _writing = self.order();
        self.keys.pin().retain(|_, key| key.expires_at > store_time);
    }

    /// Adds a key, or replaces what is known of it. The caller holds the lock.
    fn put(&self, hash: KeyHash, key: LiveKey) {
        let load = self.load.load(Ordering::Relaxed);
        let keys = self.keys.pin();
        if let Some(known) = keys.get(&hash) {
            if known.is_same(&key) {
                known.load.store(load, Ordering::Relaxed);
                return;
            }
            key.recorded
                .store(known.recorded.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        key.load.store(load, Ordering::Relaxed);
        keys.insert(hash, key);
    }

    fn order(&self) -> MutexGuard<'_, ReadOrder> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

#[cfg(test)]
mod tests;
