//! Reads of the store, and what they change in the index.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use uuid::Uuid;

use super::{Index, KeyHash, LiveKey};

/// A read of the store whose result is to be applied to the index. Ends when dropped.
pub(in crate::live_keys) struct Read<'a> {
    index: &'a Index,
    number: u64,
}

/// A load of all keys began after a read did: it is to be repeated.
#[derive(Debug)]
pub(in crate::live_keys) struct LoadBegan;

impl Index {
    /// Begins a read of some keys. Call before its query.
    pub(in crate::live_keys) fn begin_read(&self) -> Read<'_> {
        let number = self.order().begin();
        Read { index: self, number }
    }

    /// Begins a read of all keys. Call before its query.
    pub(in crate::live_keys) fn begin_load(&self) -> Read<'_> {
        let mut order = self.order();
        self.load.fetch_add(1, Ordering::Relaxed);
        let number = order.begin_load();
        Read { index: self, number }
    }
}

impl Read<'_> {
    /// Applies a key that a load has found.
    pub(in crate::live_keys) fn found(&self, hash: KeyHash, key: LiveKey) {
        let order = self.index.order();
        if order.is_latest(self.number, key.id) {
            self.index.put(hash, key);
        }
    }

    /// Ends a load: removes the keys that it has not found. Reads all keys.
    pub(in crate::live_keys) fn end_load(self) {
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
    pub(in crate::live_keys) fn apply(
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
    pub(in crate::live_keys) fn restrict(self, id: Uuid, expires_at: i64) {
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
