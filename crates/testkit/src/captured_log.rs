//! Capture of this thread's log.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tracing::Dispatch;
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Collects what this thread logs while it lives; on tokio's current thread also what its tasks log.
pub struct CapturedLog {
    text: Text,
    _guard: DefaultGuard,
}

impl CapturedLog {
    /// Collects the lines that a filter such as `warn` lets through.
    pub fn start(filter: &str) -> Self {
        LazyLock::force(&SECOND_DISPATCHER);
        let text = Text::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_ansi(false)
            .without_time()
            .with_writer(text.clone())
            .finish();
        Self {
            text,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    /// The lines since the last call.
    pub fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.text.lock());
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Lives as long as the process, so that `tracing` never has one dispatcher alone. With one it asks the thread that
/// first reaches a log statement whether that is enabled, and keeps the answer for all: of a test without a log, "never".
static SECOND_DISPATCHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Text {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
