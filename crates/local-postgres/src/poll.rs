//! Polling with a timeout.

use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(20);

/// Calls `check` until it returns a value or an error; `None` after `timeout`. It is called at least once.
pub(crate) fn until<T, E>(
    timeout: Duration,
    mut check: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let started = Instant::now();
    loop {
        if let Some(value) = check()? {
            return Ok(Some(value));
        }
        if started.elapsed() >= timeout {
            return Ok(None);
        }
        pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing notifies us of another process's progress, so it is polled with a timeout"
)]
fn pause() {
    std::thread::sleep(INTERVAL);
}
