//! Concurrency limit for lookups of tokens that are not cached: each made-up token costs a query.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use web::Problem;

use crate::codes;

/// Concurrent lookups. The store's other connections are left for cached tokens and probes.
const AT_ONCE: usize = 2;
/// Limit of the waiter queue, so that a flood takes no memory.
const LONGEST: usize = 256;
/// Longest wait in the queue.
const PATIENCE: Duration = Duration::from_secs(2);

/// The waiter queue for lookups in the control store.
#[derive(Debug)]
pub(super) struct Line {
    places: Semaphore,
    turns: Semaphore,
}

/// Permit for one lookup, released on drop.
pub(super) type Turn<'a> = SemaphorePermit<'a>;

impl Default for Line {
    fn default() -> Self {
        Self {
            places: Semaphore::new(LONGEST),
            turns: Semaphore::new(AT_ONCE),
        }
    }
}

impl Line {
    /// Waits for a permit.
    ///
    /// # Errors
    /// `CLUSTER_BUSY` when the queue is full, and after two seconds.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, Problem> {
        let busy = || {
            Problem::new(codes::CLUSTER_BUSY).detail("too many tokens are presented that are not known yet")
        };
        let _place = self.places.try_acquire().map_err(|_full| busy())?;
        match timeout(PATIENCE, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_few_at_once_some_wait_and_the_rest_is_sent_away() {
        let line = Line::default();
        let first = line.turn().await.unwrap();
        let second = line.turn().await.unwrap();
        let begun = Instant::now();
        assert_eq!(line.turn().await.unwrap_err().code(), codes::CLUSTER_BUSY);
        assert_eq!(begun.elapsed(), PATIENCE);
        drop(first);
        let third = line.turn().await.unwrap();
        drop((second, third));

        let _others = line
            .places
            .try_acquire_many(u32::try_from(LONGEST).unwrap())
            .unwrap();
        let begun = Instant::now();
        assert_eq!(line.turn().await.unwrap_err().code(), codes::CLUSTER_BUSY);
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
