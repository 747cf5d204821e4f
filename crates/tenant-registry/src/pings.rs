//! Bounded pings of a `PgPool`'s idle connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgPoolOptions;
use tokio::time::{Instant, timeout};

/// Has a pool ping a connection that was unused for `after_idle` before it is used, and wait no longer than `bound` for
/// the answer. sqlx's own ping waits for ever on a silent network, until the pool's acquire timeout fails the caller.
///
/// After a ping without an answer the connections that have been unused since before it are closed without one: what
/// the network did to one it has most likely done to all of them, and each would cost the caller another `bound`.
///
/// Replaces `test_before_acquire` and `before_acquire`.
pub fn bounded_pings(options: PgPoolOptions, after_idle: Duration, bound: Duration) -> PgPoolOptions {
    let start = Instant::now();
    // When the last ping without an answer was sent, in microseconds since `start`, and one more; zero for never.
    let silent = Arc::new(AtomicU64::new(0));
    options
        .test_before_acquire(false)
        .before_acquire(move |connection, unused| {
            let silent = Arc::clone(&silent);
            Box::pin(async move {
                if unused.idle_for < after_idle {
                    return Ok(true);
                }
                let now = micros(start.elapsed());
                if now.saturating_sub(micros(unused.idle_for)) < silent.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                let answered = timeout(bound, connection.ping()).await;
                if answered.is_err() {
                    silent.fetch_max(now + 1, Ordering::Relaxed);
                }
                answered.map_err(std::io::Error::from)??;
                Ok(true)
            })
        })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
