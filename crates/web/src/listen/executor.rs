//! Where HTTP/2's requests run.

use std::time::Duration;

use hyper::rt::Executor;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// Runs each request of an HTTP/2 connection as a task that ends in time, and that [`serve`](super::serve)
/// waits for. The task also ends when its connection does: hyper asks after the stream whenever the handler
/// waits.
#[derive(Clone, Debug)]
pub(super) struct StreamExecutor {
    tasks: TaskTracker,
    exchange: Duration,
}

impl StreamExecutor {
    pub(super) fn new(tasks: TaskTracker, exchange: Duration) -> Self {
        Self { tasks, exchange }
    }
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        // Dropping what is left of it resets the stream.
        self.tasks.spawn(timeout(self.exchange, stream));
    }
}
