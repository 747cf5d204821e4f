//! Token buckets and counts of requests under way, one entry for each tenant that uses its limits.
//!
//! The rate is the generic cell rate algorithm of `governor`, one limiter for each tenant. An entry exists while it says
//! anything: [`sweep`](Limiters::sweep) drops it once its bucket is full and no request is under way, and a new one would
//! be the same. So the table is as large as the number of tenants that made requests within their buckets' windows, and a
//! tenant without such limits has no entry.
//!
//! **A change of limits refills nothing.** The new bucket has the share used up that the old one had: all of it after all of
//! it, half of 1,000 after half of 100, and it fills at the new rate. So limits that are changed back and forth, or lifted
//! and set again, give no request more; carrying over a number of requests would, whenever the smaller bucket cannot hold
//! it. Requests under way stay counted.

mod bucket;
mod entry;
#[cfg(test)]
mod tests;

use dashmap::DashMap;
use governor::clock::{Clock, MonotonicClock};
use uuid::Uuid;

use self::entry::Entry;
pub use self::entry::Permit;
use crate::RequestLimits;
use crate::usage::{Admission, Refusal, Usage};

/// The table is made smaller when it has room for more than this many times its entries.
const SPARE: usize = 4;
/// Room that is not worth giving back, in entries.
const ROOM: usize = 1024;

/// Rate and concurrency of each tenant. A decision takes a read lock of a shard of the table, and no other lock.
#[derive(Debug, Default)]
pub struct Limiters<C: Clock = MonotonicClock> {
    entries: DashMap<Uuid, Entry<C>>,
    clock: C,
}

impl<C: Clock + Clone> Limiters<C> {
    /// Limiters on this clock.
    pub fn new(clock: C) -> Self {
        Self {
            entries: DashMap::new(),
            clock,
        }
    }

    /// Admits a request of the tenant, whose limits have this revision: another one than before replaces its limiter.
    ///
    /// # Errors
    /// When a limit is reached.
    pub fn admit(&self, tenant: Uuid, limits: &RequestLimits, revision: u64) -> Result<Admission, Refusal> {
        if let Some(decision) = self.admit_seen(tenant, limits, revision) {
            return decision;
        }
        let entry = self.entries.entry(tenant);
        let mut entry = entry.or_insert_with(|| Entry::new(limits, revision, &self.clock));
        // Another request may have been first, with other limits.
        entry.change(limits, revision, &self.clock);
        entry.admit(&self.clock)
    }

    /// As [`admit`](Self::admit) for a tenant that has an entry or needs none. `None` for any other: its bucket is full and
    /// no request of it is under way. So limits can be checked for ids of which it is not known whether they are a
    /// tenant's: nothing is kept of them.
    pub fn admit_seen(
        &self,
        tenant: Uuid,
        limits: &RequestLimits,
        revision: u64,
    ) -> Option<Result<Admission, Refusal>> {
        if !counts(limits) {
            return Some(Ok(Admission {
                usage: Usage::default(),
                permit: None,
            }));
        }
        let entry = self.entries.get(&tenant)?;
        if entry.is_of(revision) {
            return Some(entry.admit(&self.clock));
        }
        drop(entry);
        let mut entry = self.entries.get_mut(&tenant)?;
        entry.change(limits, revision, &self.clock);
        Some(entry.admit(&self.clock))
    }

    /// Drops the entries of idle tenants. Call it every few seconds.
    pub fn sweep(&self) {
        self.entries.retain(|_, entry| !entry.is_idle(&self.clock));
        if self.entries.capacity() > ROOM.max(SPARE * self.entries.len()) {
            self.entries.shrink_to_fit();
        }
    }

    /// How many tenants have an entry.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no tenant has an entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Whether these limits need an entry.
fn counts(limits: &RequestLimits) -> bool {
    limits.requests_per_second.is_some() || limits.concurrent_requests.is_some()
}
