//! Retries of requests that are refused for now.

use std::time::Duration;

use tokio::time::sleep;

/// Attempts of a request.
const ATTEMPTS: u32 = 10;

/// Longest wait between two attempts, in seconds.
const LONGEST: u64 = 10;

/// Counts the attempts of a request.
pub(super) struct Retries(u32);

impl Retries {
    pub(super) fn new() -> Self {
        Self(0)
    }

    /// Waits as long as the service asks for, at most 10 s; false after the last attempt.
    pub(super) async fn wait(&mut self, seconds: Option<u64>) -> bool {
        self.0 += 1;
        if self.0 >= ATTEMPTS {
            return false;
        }
        sleep(Duration::from_secs(seconds.unwrap_or(1).clamp(1, LONGEST))).await;
        true
    }
}
