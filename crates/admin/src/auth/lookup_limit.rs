//! Concurrency limit for lookups of tokens that are not cached: each made-up token costs a query.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use web::Problem;

use crate::codes;

/// Concurrent lookups. The store's other connections are left for cached tokens and probes.
const CONCURRENT: usize = 2;
/// Limit of the waiter queue, so that a flood takes no memory.
const MAX_QUEUED: usize = 256;
/// Longest wait in the queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);

/// The waiter queue for lookups in the control store.
#[derive(Debug)]
pub(super) struct LookupLimit {
    queue: Semaphore,
    permits: Semaphore,
}

/// Permit for one lookup, released on drop.
pub(super) type LookupPermit<'a> = SemaphorePermit<'a>;

impl Default for LookupLimit {
    fn default() -> Self {
        Self {
            queue: Semaphore::new(MAX_QUEUED),
            permits: Semaphore::new(CONCURRENT),
        }
    }
}

impl LookupLimit {
    /// Waits for a permit.
    ///
    /// # Errors
    /// `CLUSTER_BUSY` when the queue is full, and after two seconds.
    pub(super) async fn acquire(&self) -> Result<LookupPermit<'_>, Problem> {
        let busy = || Problem::new(codes::CLUSTER_BUSY).detail("too many unknown tokens are being looked up");
        let _queued = self.queue.try_acquire().map_err(|_full| busy())?;
        match timeout(QUEUE_TIMEOUT, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn two_lookups_run_others_queue_and_a_full_queue_refuses() {
        let limit = LookupLimit::default();
        let first = limit.acquire().await.unwrap();
        let second = limit.acquire().await.unwrap();
        let begun = Instant::now();
        assert_eq!(limit.acquire().await.unwrap_err().code(), codes::CLUSTER_BUSY);
        assert_eq!(begun.elapsed(), QUEUE_TIMEOUT);
        drop(first);
        let third = limit.acquire().await.unwrap();
        drop((second, third));

        let _others = limit
            .queue
            .try_acquire_many(u32::try_from(MAX_QUEUED).unwrap())
            .unwrap();
        let begun = Instant::now();
        assert_eq!(limit.acquire().await.unwrap_err().code(), codes::CLUSTER_BUSY);
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
