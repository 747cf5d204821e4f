//! Standard error of a service: read to the end, counted, and dropped.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;

/// Bytes that are kept for an error's text.
const KEPT: usize = 2_000;

/// Lines and bytes written so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Logged {
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
}

/// A task that reads.
pub(super) struct Reader {
    state: Arc<Mutex<State>>,
    reading: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    logged: Logged,
    tail: VecDeque<u8>,
}

impl Reader {
    /// Reads until the other end closes.
    pub(super) fn start(mut stderr: ChildStderr) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let reading = tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            // A pipe that cannot be read any more is as good as closed.
            while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
                let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                state.count(&buffer[..read]);
            }
        });
        Self { state, reading }
    }

    /// Everything, once the other end has closed.
    pub(super) async fn end(self) -> Logged {
        // A reader that was cancelled has counted what it read.
        let _ = self.reading.await;
        self.state.lock().unwrap_or_else(PoisonError::into_inner).logged
    }

    /// The end of what was written.
    pub(super) fn last_words(&self) -> String {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(state.tail.make_contiguous())
            .trim()
            .to_owned()
    }
}

impl State {
    fn count(&mut self, bytes: &[u8]) {
        self.logged.bytes += bytes.len() as u64;
        self.logged.lines += bytes.split(|byte| *byte == b'\n').count() as u64 - 1;
        let kept = &bytes[bytes.len().saturating_sub(KEPT)..];
        self.tail.extend(kept);
        let surplus = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_the_end_is_kept() {
        let mut state = State::default();
        for _ in 0..100 {
            state.count(&[b"x".repeat(99), b"\n".to_vec()].concat());
        }
        state.count(b"the end");
        assert_eq!((state.logged.lines, state.logged.bytes), (100, 10_007));
        assert_eq!(state.tail.len(), KEPT);
        assert!(state.tail.make_contiguous().ends_with(b"the end"));
    }
}
