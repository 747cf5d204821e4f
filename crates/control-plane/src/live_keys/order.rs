//! Order of the reads of the control store whose results meet in the index.
//!
//! The listener and the changes of this process read keys over different connections, so results may arrive in another
//! order than the store had. Each read gets a number before its query begins; of one key, the read with the highest number
//! wins. A load of all keys is one read too. A read of one key that began before it is repeated, since the load does not
//! record the keys that it did not find.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

/// Reads that are under way, and what later ones have been applied since the first of them began.
#[derive(Debug, Default)]
pub(super) struct ReadOrder {
    /// The number of the last read that began.
    last: u64,
    /// The number of the last load that began.
    load: u64,
    under_way: BTreeSet<u64>,
    /// By key, the highest number of a read that has been applied. Only while reads that began earlier are under way.
    applied: HashMap<Uuid, u64>,
}

impl ReadOrder {
    /// Begins a read. Call before its query.
    pub(super) fn begin(&mut self) -> u64 {
        self.last += 1;
        self.under_way.insert(self.last);
        self.last
    }

    /// Begins a read of all keys.
    pub(super) fn begin_load(&mut self) -> u64 {
        self.load = self.begin();
        self.load
    }

    /// Whether a load began since this read did: its result may be older than the load's.
    pub(super) fn is_before_load(&self, read: u64) -> bool {
        read < self.load
    }

    /// Whether no read of this key that began later has been applied.
    pub(super) fn is_latest(&self, read: u64, key: Uuid) -> bool {
        self.applied.get(&key).is_none_or(|applied| *applied <= read)
    }

    /// The result of this read is applied to the key.
    pub(super) fn applied(&mut self, read: u64, key: Uuid) {
        self.applied.insert(key, read);
    }

    /// Ends a read, with a result or without.
    pub(super) fn end(&mut self, read: u64) {
        self.under_way.remove(&read);
        match self.under_way.first() {
            Some(first) => self.applied.retain(|_, applied| *applied > *first),
            None => self.applied = HashMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_key_the_read_that_began_last_wins() {
        let (mut order, key) = (ReadOrder::default(), Uuid::now_v7());
        let (first, second) = (order.begin(), order.begin());
        assert!(order.is_latest(first, key));
        order.applied(second, key);
        order.end(second);
        assert!(!order.is_latest(first, key));
        assert!(order.is_latest(first, Uuid::now_v7()));
        order.end(first);
        assert!(order.applied.is_empty() && order.under_way.is_empty());
    }

    #[test]
    fn a_read_that_began_before_a_load_is_repeated() {
        let mut order = ReadOrder::default();
        let before = order.begin();
        let load = order.begin_load();
        let after = order.begin();
        assert!(order.is_before_load(before));
        assert!(!order.is_before_load(load) && !order.is_before_load(after));
        order.end(load);
        assert!(order.is_before_load(before));
    }
}
