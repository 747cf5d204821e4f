//! What tells an entry opened before an invalidation from one opened after it.
//!
//! An invalidation that falls into a tenant's opening finds nothing to remove, and the opening would then put
//! in what it read before. So every invalidation counts its tenant's epoch on, an entry remembers the epoch it
//! was opened in, and whoever opened it compares the two once it is in.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::TenantId;

/// Tenants share these counters by hash. Two tenants on one cost at worst a second look at the source.
const SHARDS: usize = 256;

pub(crate) struct Epochs {
    hasher: RandomState,
    counters: Box<[AtomicU64]>,
}

impl Epochs {
    pub(crate) fn new() -> Self {
        let counters = (0..SHARDS).map(|_| AtomicU64::new(0)).collect();
        Self {
            hasher: RandomState::new(),
            counters,
        }
    }

    pub(crate) fn current(&self, tenant: TenantId) -> u64 {
        self.counter(tenant).load(Ordering::SeqCst)
    }

    pub(crate) fn advance(&self, tenant: TenantId) {
        self.counter(tenant).fetch_add(1, Ordering::SeqCst);
    }

    fn counter(&self, tenant: TenantId) -> &AtomicU64 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only the low bits choose the shard"
        )]
        let shard = self.hasher.hash_one(tenant) as usize % SHARDS;
        &self.counters[shard]
    }
}
