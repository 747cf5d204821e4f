//! What a registry does with the pools that it keeps.

use std::time::Duration;

/// Settings of a [`Registry`](crate::Registry).
#[derive(Debug, Clone)]
pub struct RegistrySettings {
    /// The most tenants that are resident at once; past it the one longest unused goes. At least one.
    pub max_resident: u64,
    /// A pool that nobody holds, nor has leased for this long, is closed: at most half as long again later, and
    /// never more than ten seconds.
    pub idle_timeout: Duration,
    /// How long a lookup may take: the wait for its turn and its place, and the source's answer.
    pub open_timeout: Duration,
    /// How long the reaper waits for the leases and the borrowed connections of a pool that it closes.
    pub reap_deadline: Duration,
    /// The most lookups that are under way at the source at once. At least one.
    pub max_loads: usize,
    /// So many lookups a second, after a second's worth of them at once, may be of tenants that this registry has not
    /// seen to exist: made-up ids, and after a start all tenants once. At least one.
    pub strangers_per_second: u32,
    /// How long it is remembered that the source knows no such tenant. A [`Change`](crate::Change) or an invalidation
    /// of the tenant forgets it at once; where neither is told, this is how long a new tenant may be refused.
    pub unknown_memory: Duration,
    /// The same for a tenant that is suspended, not ready, or whose credentials are of no use.
    pub refused_memory: Duration,
    /// What becomes of the leases of a tenant that is not served any more.
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

/// What becomes of the leases of a tenant that is suspended or gone. It gets no new ones either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refused {
    /// They go on until they are given back.
    Finish,
    /// What runs on them is ended, as far as the pool can: see [`TenantPool::end`](crate::TenantPool::end).
    #[default]
    End,
}
