//! Waiting for what another process does.

use std::time::{Duration, Instant};

/// How long one look at the other process is apart from the next.
const INTERVAL: Duration = Duration::from_millis(20);

/// Calls `look` until it finds something or `timeout` is over (`None`). It looks at least once.
pub(crate) fn until<T, E>(
    timeout: Duration,
    mut look: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(Some(found));
        }
        if started.elapsed() >= timeout {
            return Ok(None);
        }
        pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the state of a process that is not our child sends no event; it is polled, with a deadline"
)]
fn pause() {
    std::thread::sleep(INTERVAL);
}
