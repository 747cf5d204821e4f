//! Log of when API keys are refused since the listener is away, and of when that is over.

use std::time::Duration;

use tokio::time::sleep;

use super::LiveKeys;

/// Interval of the checks.
const CHECK_EVERY: Duration = Duration::from_millis(500);

impl LiveKeys {
    /// Logs once when keys begin to be refused since nothing was heard for `max_staleness`, and once when they are accepted
    /// again. Never ends.
    pub(crate) async fn watch_staleness(&self, max_staleness: Duration) -> std::convert::Infallible {
        let mut refused = false;
        loop {
            sleep(CHECK_EVERY).await;
            let is_stale = self.0.silence(self.0.now()) >= max_staleness;
            if std::mem::replace(&mut refused, is_stale) == is_stale {
                continue;
            }
            if is_stale {
                tracing::error!(
                    max_key_staleness = ?max_staleness,
                    "API keys are refused: their changes have not been heard of for too long"
                );
            } else {
                tracing::info!("API keys are accepted again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use testkit::CapturedLog;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refusal_and_its_end_are_logged_once_each() {
        let log = CapturedLog::start("info");
        let keys = LiveKeys::new();
        let watched = keys.clone();
        let watching = tokio::spawn(async move { watched.watch_staleness(Duration::from_secs(3)).await });
        keys.0.confirm(keys.0.now(), 0);
        sleep(Duration::from_millis(2_900)).await;
        assert_eq!(log.take(), "");
        sleep(Duration::from_mins(1)).await;
        let lines = log.take();
        assert_eq!(lines.matches("API keys are refused").count(), 1, "{lines}");
        assert!(lines.contains("ERROR"), "{lines}");

        keys.0.confirm(keys.0.now(), 0);
        sleep(Duration::from_secs(2)).await;
        let lines = log.take();
        assert_eq!(lines.matches("API keys are accepted again").count(), 1, "{lines}");
        advance(Duration::from_millis(1)).await;
        watching.abort();
    }
}
