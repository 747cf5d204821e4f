//! Second decision on what moka evicts: used entries late, held ones last, newcomers never.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::task::yield_now;

use super::{ResidencyTask, YIELD_EVERY};
use crate::index::Entry;
use crate::reaper::reason::Reason;
use crate::registry::Inner;
use crate::{TenantId, TenantPool};

/// What moka has evicted, and why.
pub(super) struct Evicted<P: TenantPool> {
    pub(super) entry: Arc<Entry<P>>,
    pub(super) reason: Reason,
}

/// How often each tenant was inserted again for the cap during one run.
type Spared = HashMap<TenantId, u32>;

impl<P: TenantPool> ResidencyTask<P> {
    /// Runs moka's pending tasks and retires what they evict, until the cap holds.
    ///
    /// Each entry is spared at most three times a run, so this ends also when all are held. What expires again meanwhile is
    /// left to the next run.
    pub(super) async fn evict(&mut self, registry: &Inner<P>, newcomers: &HashSet<TenantId>) {
        let mut spared = Spared::new();
        let mut evicted = Vec::new();
        let mut decided = 0;
        loop {
            self.cache.run_pending_tasks().await;
            while let Ok(next) = self.evicted.try_recv() {
                evicted.push(next);
            }
            let mut again = false;
            for Evicted { entry, reason } in evicted.drain(..) {
                again |= self
                    .decide(registry, &entry, reason, newcomers, &mut spared)
                    .await;
                decided += 1;
                if decided % YIELD_EVERY == 0 {
                    yield_now().await;
                }
            }
            if !again {
                return;
            }
        }
    }

    /// Inserts the entry again or retires it. True when it was inserted for the cap, so that another has to go.
    async fn decide(
        &self,
        registry: &Inner<P>,
        entry: &Arc<Entry<P>>,
        reason: Reason,
        newcomers: &HashSet<TenantId>,
        spared: &mut Spared,
    ) -> bool {
        let tenant = entry.body.tenant;
        // A tick may have inserted it again since.
        if entry.is_retired() || self.cache.contains_key(&tenant) {
            return false;
        }
        let used = entry.take_used(registry.clock.now());
        if reason != Reason::Capacity {
            if used {
                self.insert(entry).await;
            } else {
                registry.retire(entry, reason);
            }
            return false;
        }
        let times = spared.entry(tenant).or_default();
        *times += 1;
        let new = newcomers.contains(&tenant);
        let spare = match times {
            // What is used again meanwhile is spared again.
            1 | 2 => used || new,
            3 => entry.leases() > 0 || new,
            _ => false,
        };
        if spare {
            self.insert(entry).await;
        } else {
            registry.retire(entry, reason);
        }
        spare
    }
}
