//! Bounded pings of a `PgPool`'s idle connections.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgPoolOptions;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout};

/// Has a pool ping connections that were idle for `after_idle` before use, with the timeout `bound`. sqlx's own ping
/// has no timeout: on a half-open connection it fails the caller at the pool's acquire timeout.
///
/// After a ping timed out, connections that were idle at that time are closed without a ping: they are most likely
/// half-open as well, and each would cost the caller another `bound`.
///
/// Replaces `test_before_acquire` and `before_acquire`.
pub fn bounded_pings(
    options: PgPoolOptions,
    pool: impl Display,
    after_idle: Duration,
    bound: Duration,
) -> PgPoolOptions {
    let pool: Arc<str> = pool.to_string().into();
    let start = Instant::now();
    // When the last ping that timed out was sent, in microseconds since `start` plus one; zero for never.
    let timed_out_at = Arc::new(AtomicU64::new(0));
    options
        .test_before_acquire(false)
        .before_acquire(move |connection, unused| {
            let (timed_out_at, pool) = (Arc::clone(&timed_out_at), Arc::clone(&pool));
            Box::pin(async move {
                if unused.idle_for < after_idle {
                    return Ok(true);
                }
                let now = micros(start.elapsed());
                if now.saturating_sub(micros(unused.idle_for)) < timed_out_at.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                let answered = timeout(bound, connection.ping()).await;
                if answered.is_err() {
                    timed_out_at.fetch_max(now + 1, Ordering::Relaxed);
                }
                Ok(is_usable(&pool, answered))
            })
        })
}

/// Has a pool ping connections that are given back, with the timeout `bound`: sqlx's own ping, which follows, has no
/// timeout, and a half-open connection would occupy its slot forever.
///
/// Replaces `after_release`.
pub fn bounded_return(options: PgPoolOptions, pool: impl Display, bound: Duration) -> PgPoolOptions {
    let pool: Arc<str> = pool.to_string().into();
    options.after_release(move |connection, _| {
        let pool = Arc::clone(&pool);
        Box::pin(async move { Ok(is_usable(&pool, timeout(bound, connection.ping()).await)) })
    })
}

/// Whether a ping was answered. Logs a failure with the pool's name, which sqlx's own log event lacks.
fn is_usable(pool: &str, answered: Result<Result<(), sqlx::Error>, Elapsed>) -> bool {
    let answered = answered.unwrap_or_else(|elapsed| Err(std::io::Error::from(elapsed).into()));
    if let Err(error) = &answered {
        tracing::warn!(pool, %error, "a pooled connection is broken: closed");
    }
    answered.is_ok()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
