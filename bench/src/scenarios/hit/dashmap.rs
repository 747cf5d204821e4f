//! A hit answered by dashmap: a plain concurrent map, which evicts nothing.

use std::hint::black_box;
use std::sync::Arc;

use dashmap::DashMap;
use uuid::Uuid;

use super::contender::{Hits, Walk};

/// Its line in the table.
pub(super) const NAME: &str = "dashmap";

/// `DashMap::get`, and a clone of the entry's `Arc`, so that the shard's lock is not held over its use.
pub(crate) struct ShardedMap {
    map: Arc<DashMap<Uuid, Arc<u32>>>,
}

impl ShardedMap {
    pub(crate) fn new(tenants: &[Uuid]) -> Self {
        let entries = tenants.iter().map(|tenant| (*tenant, Arc::new(1)));
        Self {
            map: Arc::new(entries.collect()),
        }
    }
}

impl Hits for ShardedMap {
    fn name(&self) -> &'static str {
        NAME
    }

    fn walk(&self, walk: Arc<[Uuid]>, times: usize) -> Walk {
        let map = Arc::clone(&self.map);
        Box::pin(async move {
            for _ in 0..times {
                for tenant in &*walk {
                    let entry = map.get(tenant).map(|entry| Arc::clone(&entry));
                    if let Some(entry) = entry {
                        black_box(*entry);
                    }
                }
            }
        })
    }
}
