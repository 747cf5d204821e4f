//! Residency of tenant pools: time-to-idle, the cap and LRU order, kept by a moka cache.
//!
//! Hits never touch the cache: they leave a bit in their stripe. One task is the cache's only writer. It inserts what
//! was opened and removes what left; on every tick it touches the entries that are held or were leased since the last
//! one. moka 0.12 has no thread of its own, so the task also runs moka's pending tasks, on a tick and right after an
//! insertion. An idle pool is therefore evicted between the idle timeout and two ticks more, and the cap is exceeded
//! only for the moment between an entry's insertion into the index and the task's turn.
//!
//! moka evicts by what it was told last. Its listener must not call the cache, so it sends what is evicted to the task,
//! which decides again: an entry that is held or was used since the last tick is inserted once more, all others go to
//! the reaper. Beyond the cap, this is the second chance of the CLOCK algorithm, taken from one eviction at a time.

mod eviction;

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use moka::future::Cache;
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::yield_now;
use tokio::time::{MissedTickBehavior, interval};

use self::eviction::Evicted;
use crate::index::Entry;
use crate::reaper::reason::Reason;
use crate::registry::Inner;
use crate::{RegistrySettings, TenantId, TenantPool};

/// The bounds of a tick, which is a quarter of the idle timeout between them.
const SHORTEST_TICK: Duration = Duration::from_millis(10);
const LONGEST_TICK: Duration = Duration::from_secs(5);
/// moka refuses a thousand years.
const LONGEST_IDLE: Duration = Duration::from_hours(24 * 365 * 100);
/// Events in one batch.
const BATCH: usize = 64;
/// Entries between which the task lets others run.
const YIELD_EVERY: usize = 64;

/// Reports to the residency task. Never waits.
pub(crate) struct Residency<P: TenantPool>(UnboundedSender<Event<P>>);

enum Event<P: TenantPool> {
    Opened(Arc<Entry<P>>),
    Left(Arc<Entry<P>>),
}

impl<P: TenantPool> Residency<P> {
    /// The entry is in the index.
    pub(crate) fn opened(&self, entry: &Arc<Entry<P>>) {
        self.send(Event::Opened(Arc::clone(entry)));
    }

    /// The entry is retired.
    pub(crate) fn left(&self, entry: &Arc<Entry<P>>) {
        self.send(Event::Left(Arc::clone(entry)));
    }

    fn send(&self, event: Event<P>) {
        // Fails only while the runtime shuts down, and the task with it.
        let _ = self.0.send(event);
    }
}

/// The task, and what reports to it.
pub(crate) fn new<P: TenantPool>(settings: &RegistrySettings) -> (Residency<P>, ResidencyTask<P>) {
    let (sender, events) = mpsc::unbounded_channel();
    let (evict, evicted) = mpsc::unbounded_channel();
    let listener = move |_, entry, cause| {
        let reason = match cause {
            RemovalCause::Expired => Reason::Idle,
            RemovalCause::Size => Reason::Capacity,
            RemovalCause::Explicit | RemovalCause::Replaced => return,
        };
        // Fails only when the task has ended.
        let _ = evict.send(Evicted { entry, reason });
    };
    let cache = Cache::builder()
        .max_capacity(settings.max_resident.max(1))
        .time_to_idle(settings.idle_timeout.min(LONGEST_IDLE))
        // Not TinyLFU, which may refuse a new entry.
        .eviction_policy(EvictionPolicy::lru())
        .eviction_listener(listener)
        .build();
    let task = ResidencyTask {
        cache,
        events,
        evicted,
        tick: (settings.idle_timeout / 4).clamp(SHORTEST_TICK, LONGEST_TICK),
    };
    (Residency(sender), task)
}

pub(crate) struct ResidencyTask<P: TenantPool> {
    cache: Cache<TenantId, Arc<Entry<P>>>,
    events: UnboundedReceiver<Event<P>>,
    evicted: UnboundedReceiver<Evicted<P>>,
    tick: Duration,
}

impl<P: TenantPool> ResidencyTask<P> {
    /// Runs until the registry is dropped, which it holds weakly.
    pub(crate) fn start(self, registry: &Arc<Inner<P>>) {
        tokio::spawn(self.run(Arc::downgrade(registry)));
    }

    async fn run(mut self, registry: Weak<Inner<P>>) {
        let mut ticks = interval(self.tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut events = Vec::with_capacity(BATCH);
        loop {
            let ticked = tokio::select! {
                received = self.events.recv_many(&mut events, BATCH) => {
                    if received == 0 {
                        return;
                    }
                    false
                }
                _ = ticks.tick() => true,
            };
            let Some(registry) = registry.upgrade() else {
                return;
            };
            let newcomers = self.apply(events.drain(..)).await;
            if ticked {
                self.touch_used(&registry).await;
            }
            self.evict(&registry, &newcomers).await;
        }
    }

    /// Writes what was opened and what left; returns the former.
    async fn apply(&self, events: impl Iterator<Item = Event<P>>) -> HashSet<TenantId> {
        let mut newcomers = HashSet::new();
        for event in events {
            match event {
                Event::Opened(entry) => {
                    newcomers.insert(entry.body.tenant);
                    self.insert(&entry).await;
                }
                Event::Left(entry) => {
                    let tenant = entry.body.tenant;
                    let cached = self.cache.get(&tenant).await;
                    if cached.is_some_and(|cached| Arc::ptr_eq(&cached, &entry)) {
                        self.cache.invalidate(&tenant).await;
                    }
                }
            }
        }
        newcomers
    }

    /// Restarts the idle time of all entries that are held or were leased since the last tick.
    async fn touch_used(&self, registry: &Inner<P>) {
        let now = registry.clock.now();
        let mut used = Vec::new();
        registry.index.for_each_resident(|entry| {
            if entry.take_used(now) {
                used.push(Arc::clone(entry));
            }
        });
        for entries in used.chunks(YIELD_EVERY) {
            for entry in entries {
                // `get` restarts it, and finds nothing where it has run out meanwhile.
                if self.cache.get(&entry.body.tenant).await.is_none() {
                    self.insert(entry).await;
                }
            }
            yield_now().await;
        }
    }

    /// Inserts an entry that has not left.
    async fn insert(&self, entry: &Arc<Entry<P>>) {
        // One that is retired after this check is removed by the event that follows.
        if !entry.is_retired() {
            self.cache.insert(entry.body.tenant, Arc::clone(entry)).await;
        }
    }
}

impl<P: TenantPool> Inner<P> {
    /// The cap, as residents are counted.
    pub(crate) fn max_resident(&self) -> i64 {
        i64::try_from(self.settings.max_resident.max(1)).unwrap_or(i64::MAX)
    }
}
