//! moka evicts only while somebody uses the cache; a timer makes idle pools go on a quiet night as well.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::TenantPool;
use crate::registry::Inner;

/// The bounds of a tick, which is a quarter of the idle timeout between them.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(5);

/// Starts the timer. It holds the registry weakly and so ends with it.
pub(crate) fn start<P: TenantPool>(registry: &Arc<Inner<P>>, idle_timeout: Duration) {
    let registry = Arc::downgrade(registry);
    tokio::spawn(run(registry, (idle_timeout / 4).clamp(SHORTEST, LONGEST)));
}

async fn run<P: TenantPool>(registry: Weak<Inner<P>>, tick: Duration) {
    let mut ticks = interval(tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(registry) = registry.upgrade() else {
            return;
        };
        registry.cache.run_pending_tasks().await;
    }
}
