//! The budget's background tasks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Tasks that end with the budget: their logins would otherwise go on while the runtime shuts down, where sqlx panics
/// when a blocking task that it waits for is cancelled.
#[derive(Default)]
pub(crate) struct Background(Mutex<Vec<JoinHandle<()>>>);

impl Background {
    pub(crate) fn spawn(&self, runtime: &Handle, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks().push(runtime.spawn(task));
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all tasks, also those that they have spawned here, and waits until none runs any more.
    pub(crate) async fn shutdown(&self) {
        loop {
            let tasks = std::mem::take(&mut *self.tasks());
            if tasks.is_empty() {
                return;
            }
            tasks.iter().for_each(JoinHandle::abort);
            for task in tasks {
                // Cancelled, or ended before.
                let _ = task.await;
            }
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.tasks().iter().for_each(JoinHandle::abort);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// Counts itself while it is there.
    struct Running(Arc<AtomicUsize>);

    impl Running {
        fn one(count: &Arc<AtomicUsize>) -> Self {
            count.fetch_add(1, Ordering::SeqCst);
            Self(Arc::clone(count))
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn nothing_runs_after_a_shutdown() {
        let (background, count) = (Arc::new(Background::default()), Arc::default());
        let spawned = Arc::new(Notify::new());
        let task = {
            let (background, count, spawned) =
                (Arc::clone(&background), Arc::clone(&count), Arc::clone(&spawned));
            async move {
                let _outer = Running::one(&count);
                let inner = Running::one(&count);
                background.spawn(&Handle::current(), async move {
                    let _inner = inner;
                    std::future::pending::<()>().await;
                });
                spawned.notify_one();
                std::future::pending::<()>().await;
            }
        };
        background.spawn(&Handle::current(), task);
        spawned.notified().await;
        assert_eq!(count.load(Ordering::SeqCst), 2);
        background.shutdown().await;
        assert_eq!(count.load(Ordering::SeqCst), 0);
        background.shutdown().await;
    }
}
