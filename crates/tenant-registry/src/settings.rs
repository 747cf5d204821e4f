//! Settings of a registry.

use std::time::Duration;

/// Settings of a [`Registry`](crate::Registry).
#[derive(Debug, Clone)]
pub struct RegistrySettings {
    /// The most tenants that are resident at once; beyond it the least recently used one is evicted. At least one.
    pub max_resident: u64,
    /// A pool that is not held, and was not leased for this long, is closed: at most half as long again later, and
    /// never more than ten seconds.
    pub idle_timeout: Duration,
    /// Timeout of a lookup: the wait for its turn and its permit, and the source's answer.
    pub open_timeout: Duration,
    /// How long the reaper waits for the leases and the borrowed connections of a pool that it closes.
    pub reap_deadline: Duration,
    /// The most lookups in flight at the source. At least one.
    pub max_loads: usize,
    /// Rate limit for lookups of tenant ids not seen before, in lookups per second; bursts of one second are allowed.
    /// Made-up ids fall under it, and after a start each tenant once. At least one.
    pub strangers_per_second: u32,
    /// How long an unknown tenant stays in the negative cache. A [`Change`](crate::Change) or an invalidation of the
    /// tenant removes it at once; without either, this is how long a new tenant may be refused.
    pub unknown_memory: Duration,
    /// The same for a tenant that is suspended, not ready, or whose credentials are of no use.
    pub refused_memory: Duration,
    /// What happens to the leases of a tenant that is not served any more.
    pub on_refused: Refused,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            max_resident: 10_000,
            idle_timeout: Duration::from_mins(10),
            open_timeout: Duration::from_secs(5),
            reap_deadline: Duration::from_secs(30),
            max_loads: 32,
            strangers_per_second: 500,
            unknown_memory: Duration::from_secs(5),
            refused_memory: Duration::from_secs(1),
            on_refused: Refused::End,
        }
    }
}

/// What happens to the leases of a tenant that is suspended or gone. It gets no new ones either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refused {
    /// They go on until they are given back.
    Finish,
    /// What runs on them is ended, as far as the pool can: see [`TenantPool::end`](crate::TenantPool::end).
    #[default]
    End,
}
