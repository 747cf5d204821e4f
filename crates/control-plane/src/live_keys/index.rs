//! Lock-free index of keys by their hash.

use std::collections::HashSet;
use std::hash::{Hash, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use papaya::{HashMap, HashMapRef, LocalGuard};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

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

/// The keys. One task changes them, any number of threads read them without a lock.
#[derive(Default)]
pub(super) struct Index {
    keys: HashMap<KeyHash, LiveKey>,
    /// The number of the current load.
    load: AtomicU32,
}

/// The keys, pinned for reading.
pub(super) type Keys<'a> = HashMapRef<'a, KeyHash, LiveKey, RandomState, LocalGuard<'a>>;

impl Index {
    pub(super) fn read(&self) -> Keys<'_> {
        self.keys.pin()
    }

    /// Adds a key, or replaces what is known of it.
    pub(super) fn insert(&self, hash: KeyHash, key: LiveKey) {
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

    /// Removes a key that is not live any more.
    pub(super) fn remove(&self, hash: &KeyHash) {
        self.keys.pin().remove(hash);
    }

    /// Removes keys whose rows are gone. Reads all keys.
    pub(super) fn remove_ids(&self, gone: &HashSet<Uuid>) {
        if !gone.is_empty() {
            self.keys.pin().retain(|_, key| !gone.contains(&key.id));
        }
    }

    /// Removes keys that have expired by this time of the store. Reads all keys.
    pub(super) fn remove_expired(&self, store_time: i64) {
        self.keys.pin().retain(|_, key| key.expires_at > store_time);
    }

    /// Begins a load of all keys.
    pub(super) fn begin_load(&self) {
        self.load.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends a load: removes the keys that it has not found.
    pub(super) fn end_load(&self) {
        let load = self.load.load(Ordering::Relaxed);
        self.keys
            .pin()
            .retain(|_, key| key.load.load(Ordering::Relaxed) == load);
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> LiveKey {
        LiveKey::new(Uuid::now_v7(), Uuid::now_v7(), None, ApiKeyScopes::ALL)
    }

    fn hash(number: u64) -> KeyHash {
        KeyHash::of(&number.to_string())
    }

    #[test]
    fn a_load_removes_what_it_does_not_find() {
        let index = Index::default();
        index.begin_load();
        let (kept, gone) = (key(), key());
        let kept_again = LiveKey::new(kept.id, kept.tenant, None, ApiKeyScopes::ALL);
        index.insert(hash(1), kept);
        index.insert(hash(2), gone);
        assert_eq!(index.len(), 2);

        index.begin_load();
        index.insert(hash(1), kept_again);
        index.insert(hash(3), key());
        index.end_load();
        let keys = index.read();
        assert!(keys.get(&hash(1)).is_some() && keys.get(&hash(3)).is_some());
        assert!(keys.get(&hash(2)).is_none());
    }

    #[test]
    fn rows_that_are_gone_and_keys_that_expired_are_removed() {
        let index = Index::default();
        let gone = key();
        let id = gone.id;
        index.insert(hash(1), gone);
        index.insert(hash(2), key());
        index.insert(
            hash(3),
            LiveKey::new(Uuid::now_v7(), Uuid::now_v7(), Some(1_000), ApiKeyScopes::ALL),
        );
        index.remove_ids(&HashSet::from([id]));
        assert!(index.read().get(&hash(1)).is_none());
        index.remove_expired(999);
        assert_eq!(index.len(), 2);
        index.remove_expired(1_000);
        assert!(index.read().get(&hash(3)).is_none() && index.read().get(&hash(2)).is_some());
    }

    #[test]
    fn a_use_is_due_once_a_minute_and_again_where_it_was_not_recorded() {
        let (key, minute) = (key(), Duration::from_mins(1));
        assert!(key.use_is_due(0, minute));
        assert!(!key.use_is_due(59_999, minute));
        assert!(key.use_is_due(60_000, minute));
        assert!(!key.use_is_due(60_001, minute));
        key.use_not_recorded();
        assert!(key.use_is_due(60_002, minute));

        // A change of the key does not make its use due.
        let index = Index::default();
        let changed = LiveKey::new(key.id, key.tenant, Some(i64::MAX - 1), ApiKeyScopes::ALL);
        index.insert(hash(1), key);
        index.insert(hash(1), changed);
        let keys = index.read();
        let key = keys.get(&hash(1)).unwrap();
        assert_eq!(key.expires_at, i64::MAX - 1);
        assert!(!key.use_is_due(60_003, minute));
    }

    #[test]
    fn a_hundred_thousand_keys_take_less_than_200_bytes_each() {
        const KEYS: u64 = 100_000;
        let index = Index::default();
        let taken = allocation_counter::measure(|| {
            for number in 0..KEYS {
                index.insert(hash(number), key());
            }
        });
        let each = taken.bytes_current / i64::try_from(KEYS).unwrap();
        assert!(each < 200, "{each} bytes a key");
        assert_eq!(index.len(), usize::try_from(KEYS).unwrap());
    }
}
