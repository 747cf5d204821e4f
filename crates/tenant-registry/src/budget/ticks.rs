//! What only time brings about.

use std::sync::Weak;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::Inner;

/// How often it is looked whom time has helped, while somebody waits.
const WAITING: Duration = Duration::from_millis(5);
/// How often idle connections are looked over.
const IDLE: Duration = Duration::from_secs(1);

/// Runs until the budget is gone.
pub(super) async fn run(budget: Weak<Inner>) {
    let mut looked_over = Instant::now();
    loop {
        let Some(inner) = budget.upgrade() else { return };
        let somebody_waits = inner.with(|core| {
            core.look(inner.now());
            !core.rings.is_empty()
        });
        if looked_over.elapsed() >= IDLE.min(inner.settings.connection_idle_timeout) {
            looked_over = Instant::now();
            inner.with(|core| {
                core.tick(inner.now());
                inner.meters.gauge(core);
            });
        }
        if somebody_waits {
            drop(inner);
            sleep(WAITING).await;
        } else {
            let idle = IDLE.min(inner.settings.connection_idle_timeout);
            // Not held while it is waited for: the budget may end meanwhile. A timeout is as good as a call.
            let _ = timeout(idle, inner.waiting.notified()).await;
        }
    }
}
