//! Log of connections that end before they have a whole request, limited so that a flood of them does not flood it.

use std::{
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Peer;

/// Lines within one [`WINDOW`]; the rest is counted.
const LINES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct RejectionLog {
    plane: &'static str,
    listener: Option<&'static str>,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    written: u32,
    suppressed: u64,
}

impl RejectionLog {
    pub(super) fn new(plane: &'static str, listener: Option<&'static str>) -> Self {
        Self {
            plane,
            listener,
            window: Mutex::default(),
        }
    }

    /// Logs why a peer's head, handshake or body is rejected, if a line is left.
    pub(super) fn log(&self, peer: Peer, reason: &dyn Display) {
        if let Some(suppressed) = self.admit() {
            tracing::warn!(
                plane = self.plane,
                listener = self.listener,
                peer = %peer.ip(),
                %reason,
                suppressed,
                "connection rejected"
            );
        }
    }

    /// How many lines were left out since the last one, if this one is to be written.
    fn admit(&self) -> Option<u64> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.began.is_none_or(|began| began.elapsed() >= WINDOW) {
            window.began = Some(Instant::now());
            window.written = 0;
        }
        if window.written == LINES {
            window.suppressed += 1;
            return None;
        }
        window.written += 1;
        Some(std::mem::take(&mut window.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_counted() {
        let log = RejectionLog::new("test", None);
        for _ in 0..LINES {
            assert_eq!(log.admit(), Some(0));
        }
        for _ in 0..1000 {
            assert_eq!(log.admit(), None);
        }
        advance(WINDOW).await;
        assert_eq!(log.admit(), Some(1000));
        assert_eq!(log.admit(), Some(0));
    }
}
