//! Periodic task: dispatch that depends on time, idle timeouts and gauges.

use std::sync::Weak;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::budget::Inner;

/// Poll interval while tenants wait.
const WAITING_INTERVAL: Duration = Duration::from_millis(5);
/// Interval of checking idle connections.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// Runs until the budget is dropped.
pub(super) async fn run(budget: Weak<Inner>) {
    let mut idle_checked_at = Instant::now();
    loop {
        let Some(inner) = budget.upgrade() else { return };
        let has_waiters = inner.with(|core| {
            core.poll(inner.now());
            !core.priority_queues.is_empty()
        });
        if idle_checked_at.elapsed() >= IDLE_INTERVAL.min(inner.settings.connection_idle_timeout) {
            idle_checked_at = Instant::now();
            inner.with(|core| {
                core.tick(inner.now());
                inner.meters.gauge(core);
            });
        }
        if has_waiters {
            drop(inner);
            sleep(WAITING_INTERVAL).await;
        } else {
            let idle = IDLE_INTERVAL.min(inner.settings.connection_idle_timeout);
            // A timeout and a notification are handled alike.
            let _ = timeout(idle, inner.waiting.notified()).await;
        }
    }
}
