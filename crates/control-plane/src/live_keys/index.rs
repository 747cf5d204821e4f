//! Lock-free index of keys by their hash.

use std::collections::HashSet;
use std::hash::{Hash, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papaya::{HashMap, HashMapRef, LocalGuard};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

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

/// A read of the store whose result is to be applied to the index. Ends when dropped.
pub(super) struct Read<'a> {
    index: &'a Index,
    number: u64,
}

/// A load of all keys began after a read did: it is to be repeated.
#[derive(Debug)]
pub(super) struct LoadBegan;

impl Index {
    pub(super) fn read(&self) -> Keys<'_> {
        self.keys.pin()
    }

    /// Begins a read of some keys. Call before its query.
    pub(super) fn begin_read(&self) -> Read<'_> {
        let number = self.order().begin();
        Read { index: self, number }
    }

    /// Begins a read of all keys. Call before its query.
    pub(super) fn begin_load(&self) -> Read<'_> {
        let mut order = self.order();
        self.load.fetch_add(1, Ordering::Relaxed);
        let number = order.begin_load();
        Read { index: self, number }
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

impl Read<'_> {
    /// Applies a key that a load has found.
    pub(super) fn found(&self, hash: KeyHash, key: LiveKey) {
        let order = self.index.order();
        if order.is_latest(self.number, key.id) {
            self.index.put(hash, key);
        }
    }

    /// Ends a load: removes the keys that it has not found. Reads all keys.
    pub(super) fn end_load(self) {
        let _writing = self.index.order();
        let load = self.index.load.load(Ordering::Relaxed);
        let keys = self.index.keys.pin();
        keys.retain(|_, key| key.load.load(Ordering::Relaxed) == load);
    }

    /// Applies what a read of some keys has found: those that are live, the hashes of those that are not, and those whose
    /// rows are gone. Reads all keys if any are gone.
    ///
    /// # Errors
    /// When a load began since: nothing is applied.
    pub(super) fn apply(
        self,
        live: Vec<(KeyHash, LiveKey)>,
        ended: Vec<(KeyHash, Uuid)>,
        mut gone: HashSet<Uuid>,
    ) -> Result<(), LoadBegan> {
        let mut order = self.index.order();
        if order.is_before_load(self.number) {
            return Err(LoadBegan);
        }
        let mut take = |id| {
            let latest = order.is_latest(self.number, id);
            if latest {
                order.applied(self.number, id);
            }
            latest
        };
        let keys = self.index.keys.pin();
        for (hash, key) in live {
            if take(key.id) {
                self.index.put(hash, key);
            }
        }
        for (hash, id) in ended {
            if take(id) {
                keys.remove(&hash);
            }
        }
        gone.retain(|id| take(*id));
        if !gone.is_empty() {
            keys.retain(|_, key| !gone.contains(&key.id));
        }
        Ok(())
    }

    /// Applies a change that was committed before this read began and whose result could not be read: the key expires no
    /// later than at this time of the store. Never accepts more than before. Reads all keys.
    pub(super) fn restrict(self, id: Uuid, expires_at: i64) {
        let mut order = self.index.order();
        if !order.is_latest(self.number, id) {
            return;
        }
        let before_load = order.is_before_load(self.number);
        if !before_load {
            order.applied(self.number, id);
        }
        let keys = self.index.keys.pin();
        let Some((hash, known)) = keys.iter().find(|(_, key)| key.id == id) else {
            return;
        };
        let expires_at = expires_at.min(known.expires_at);
        let found_by = known.load.load(Ordering::Relaxed);
        self.index.put(
            *hash,
            LiveKey::new(id, known.tenant, Some(expires_at), known.scopes),
        );
        // A load that began since decides whether the key still exists.
        if before_load && let Some(key) = keys.get(hash) {
            key.load.store(found_by, Ordering::Relaxed);
        }
    }
}

impl Drop for Read<'_> {
    fn drop(&mut self) {
        self.index.order().end(self.number);
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

    /// Puts a key in as a read of the store does.
    fn put(index: &Index, hash: KeyHash, key: LiveKey) {
        let read = index.begin_read();
        read.apply(vec![(hash, key)], vec![], HashSet::new()).unwrap();
    }

    fn again(key: &LiveKey) -> LiveKey {
        LiveKey::new(key.id, key.tenant, Some(key.expires_at), key.scopes)
    }

    fn has(index: &Index, number: u64) -> bool {
        index.read().get(&hash(number)).is_some()
    }

    #[test]
    fn a_load_removes_what_it_does_not_find() {
        let index = Index::default();
        let (kept, gone) = (key(), key());
        let kept_again = again(&kept);
        let load = index.begin_load();
        load.found(hash(1), kept);
        load.found(hash(2), gone);
        load.end_load();
        assert_eq!(index.len(), 2);

        let load = index.begin_load();
        load.found(hash(1), kept_again);
        load.found(hash(3), key());
        load.end_load();
        assert!(has(&index, 1) && has(&index, 3) && !has(&index, 2));
    }

    #[test]
    fn a_load_does_not_undo_what_was_read_since_it_began() {
        let index = Index::default();
        let (revoked, changed) = (key(), key());
        let (revoked_id, revoked_before, changed_before) = (revoked.id, again(&revoked), again(&changed));
        put(&index, hash(1), revoked);
        put(&index, hash(2), changed);

        let load = index.begin_load();
        let sooner = LiveKey::new(
            changed_before.id,
            changed_before.tenant,
            Some(1_000),
            ApiKeyScopes::ALL,
        );
        let live = vec![(hash(2), sooner), (hash(3), key())];
        let read = index.begin_read();
        read.apply(live, vec![(hash(1), revoked_id)], HashSet::new())
            .unwrap();
        load.found(hash(1), revoked_before);
        load.found(hash(2), changed_before);
        load.end_load();
        // Revoked, changed, and created meanwhile.
        assert!(!has(&index, 1) && has(&index, 3));
        assert_eq!(index.read().get(&hash(2)).unwrap().expires_at, 1_000);
    }

    #[test]
    fn a_read_that_began_before_another_or_before_a_load_is_not_applied() {
        let index = Index::default();
        let key = key();
        let (id, before) = (key.id, again(&key));
        put(&index, hash(1), key);
        let (slow, quick) = (index.begin_read(), index.begin_read());
        quick.apply(vec![], vec![(hash(1), id)], HashSet::new()).unwrap();
        slow.apply(vec![(hash(1), again(&before))], vec![], HashSet::new())
            .unwrap();
        assert!(!has(&index, 1));

        let slow = index.begin_read();
        index.begin_load().end_load();
        slow.apply(vec![(hash(1), before)], vec![], HashSet::new())
            .unwrap_err();
        assert!(!has(&index, 1));
    }

    #[test]
    fn a_change_that_cannot_be_read_restricts_the_key() {
        let index = Index::default();
        let key = key();
        let (id, before) = (key.id, again(&key));
        put(&index, hash(1), key);
        let ends = || index.read().get(&hash(1)).unwrap().expires_at;
        index.begin_read().restrict(id, 2_000);
        assert_eq!(ends(), 2_000);
        index.begin_read().restrict(id, i64::MAX);
        assert_eq!(ends(), 2_000);

        // A load that was under way does not undo it, and a read that began later does.
        let load = index.begin_load();
        index.begin_read().restrict(id, 1_000);
        load.found(hash(1), again(&before));
        load.end_load();
        assert_eq!(ends(), 1_000);
        let (change, read) = (index.begin_read(), index.begin_read());
        read.apply(vec![(hash(1), before)], vec![], HashSet::new())
            .unwrap();
        change.restrict(id, 1_000);
        assert_eq!(ends(), i64::MAX);

        // A load that began since decides whether there is a key.
        let change = index.begin_read();
        let load = index.begin_load();
        change.restrict(id, 1_000);
        assert_eq!(ends(), 1_000);
        load.end_load();
        assert!(!has(&index, 1));
        index.begin_read().restrict(id, 1_000);
        assert_eq!(index.len(), 0);
    }

    #[test]
    fn rows_that_are_gone_and_keys_that_expired_are_removed() {
        let index = Index::default();
        let gone = key();
        let id = gone.id;
        put(&index, hash(1), gone);
        put(&index, hash(2), key());
        let ends = LiveKey::new(Uuid::now_v7(), Uuid::now_v7(), Some(1_000), ApiKeyScopes::ALL);
        put(&index, hash(3), ends);
        let read = index.begin_read();
        read.apply(vec![], vec![], HashSet::from([id])).unwrap();
        assert!(!has(&index, 1));
        index.remove_expired(999);
        assert_eq!(index.len(), 2);
        index.remove_expired(1_000);
        assert!(!has(&index, 3) && has(&index, 2));
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
        put(&index, hash(1), key);
        put(&index, hash(1), changed);
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
                index.put(hash(number), key());
            }
        });
        let each = taken.bytes_current / i64::try_from(KEYS).unwrap();
        assert!(each < 200, "{each} bytes a key");
        assert_eq!(index.len(), usize::try_from(KEYS).unwrap());
    }
}
