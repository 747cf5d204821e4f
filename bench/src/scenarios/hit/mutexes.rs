//! Baseline for the registry: a map under a mutex, with a mutex around each tenant's pool.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::contender::{Hits, Walk};

/// The first one's line in the table.
pub(super) const TOKIO: &str = "tokio Mutex<HashMap<_, Arc<Mutex<_>>>>";

/// The template's `Arc<tokio::sync::Mutex<HashMap<Uuid, Arc<tokio::sync::Mutex<_>>>>>`.
pub(crate) struct TokioMutexes {
    map: Arc<TokioMap>,
}

type TokioMap = tokio::sync::Mutex<HashMap<Uuid, Arc<tokio::sync::Mutex<u32>>>>;

impl TokioMutexes {
    pub(crate) fn new(tenants: &[Uuid]) -> Self {
        let entries = tenants
            .iter()
            .map(|tenant| (*tenant, Arc::new(tokio::sync::Mutex::new(1))));
        Self {
            map: Arc::new(tokio::sync::Mutex::new(entries.collect())),
        }
    }
}

impl Hits for TokioMutexes {
    fn name(&self) -> &'static str {
        TOKIO
    }

    fn walk(&self, walk: Arc<[Uuid]>, times: usize) -> Walk {
        let map = Arc::clone(&self.map);
        Box::pin(async move {
            for _ in 0..times {
                for tenant in &*walk {
                    let entry = map.lock().await.get(tenant).map(Arc::clone);
                    if let Some(entry) = entry {
                        black_box(*entry.lock().await);
                    }
                }
            }
        })
    }
}

/// The same with the standard library's mutexes.
pub(crate) struct StdMutexes {
    map: Arc<StdMap>,
}

type StdMap = Mutex<HashMap<Uuid, Arc<Mutex<u32>>>>;

impl StdMutexes {
    pub(crate) fn new(tenants: &[Uuid]) -> Self {
        let entries = tenants.iter().map(|tenant| (*tenant, Arc::new(Mutex::new(1))));
        Self {
            map: Arc::new(Mutex::new(entries.collect())),
        }
    }
}

impl Hits for StdMutexes {
    fn name(&self) -> &'static str {
        "std Mutex<HashMap<_, Arc<Mutex<_>>>>"
    }

    fn walk(&self, walk: Arc<[Uuid]>, times: usize) -> Walk {
        let map = Arc::clone(&self.map);
        Box::pin(async move {
            for _ in 0..times {
                for tenant in &*walk {
                    let entry = map
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get(tenant)
                        .map(Arc::clone);
                    if let Some(entry) = entry {
                        black_box(*entry.lock().unwrap_or_else(PoisonError::into_inner));
                    }
                }
            }
        })
    }
}
