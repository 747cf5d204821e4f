//! A hit answered by moka, without an index beside it.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use moka::policy::EvictionPolicy;
use uuid::Uuid;

use super::contender::{Hits, Walk};

/// Its line in the table.
pub(super) const NAME: &str = "moka alone";

/// `moka::future::Cache::get`, with the settings and the listener that a registry needs.
pub(crate) struct MokaCache {
    cache: Cache<Uuid, Arc<u32>>,
}

impl MokaCache {
    pub(crate) async fn new(tenants: &[Uuid]) -> Self {
        let cache = Cache::builder()
            .max_capacity(10_000)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(Duration::from_mins(10))
            .eviction_listener(|_, entry, _| drop(black_box(entry)))
            .build();
        for tenant in tenants {
            cache.insert(*tenant, Arc::new(1)).await;
        }
        Self { cache }
    }
}

impl Hits for MokaCache {
    fn name(&self) -> &'static str {
        NAME
    }

    fn walk(&self, walk: Arc<[Uuid]>, times: usize) -> Walk {
        let cache = self.cache.clone();
        Box::pin(async move {
            for _ in 0..times {
                for tenant in &*walk {
                    if let Some(entry) = cache.get(tenant).await {
                        black_box(*entry);
                    }
                }
            }
        })
    }
}
