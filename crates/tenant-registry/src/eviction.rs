//! Who goes: the idle ones, and beyond the cap the one longest unused.
//!
//! A hit leaves no more than a bit in the word that it counts in. A look over all entries, by the timer and when the cap
//! is met, turns the bits into times; so "longest unused" is right to within a tick, and hits pay nothing for it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::TenantPool;
use crate::entry::Entry;
use crate::reason::Reason;
use crate::registry::Inner;

/// The bounds of a tick, which is a quarter of the idle timeout between them.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(5);

/// Starts the timer. It holds the registry weakly and so ends with it.
pub(crate) fn start<P: TenantPool>(registry: &Arc<Inner<P>>) {
    let tick = (registry.settings.idle_timeout / 4).clamp(SHORTEST, LONGEST);
    tokio::spawn(run(Arc::downgrade(registry), tick));
}

async fn run<P: TenantPool>(registry: Weak<Inner<P>>, tick: Duration) {
    let mut ticks = interval(tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(registry) = registry.upgrade() else {
            return;
        };
        registry.evict_idle();
    }
}

impl<P: TenantPool> Inner<P> {
    /// Retires what nobody holds, nor has leased for the idle timeout. A lease that comes in between is one that
    /// is held over eviction.
    fn evict_idle(&self) {
        let now = self.clock.now();
        self.residents.each(|entry| {
            let unused = Duration::from_millis(now.saturating_sub(entry.look(now)));
            if unused >= self.settings.idle_timeout {
                self.retire(entry, Reason::Idle);
            }
        });
    }

    /// The cap, as the residents are counted.
    pub(crate) fn max_resident(&self) -> i64 {
        i64::try_from(self.settings.max_resident).unwrap_or(i64::MAX)
    }

    /// Retires whoever is longest unused until the cap holds again, held ones last, the newcomer never.
    pub(crate) fn make_room_for(&self, newcomer: &Arc<Entry<P>>) {
        while self.residents.claim(self.max_resident()) {
            let (tenant, now) = (newcomer.body.tenant, self.clock.now());
            match self.candidates.next(&self.residents, tenant, now) {
                Some(entry) => {
                    self.reaper.retire(&entry, Reason::Capacity);
                    if !self.residents.take_out_claimed(&entry) {
                        // Somebody else took it out meanwhile.
                        self.residents.unclaim();
                    }
                }
                None => return self.residents.unclaim(),
            }
        }
    }
}
