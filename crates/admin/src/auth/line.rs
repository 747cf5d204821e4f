//! Where tokens stand in line that nobody has presented lately: whoever makes tokens up has the store asked for each.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use web::{Code, Problem};

/// So many are looked up at once: the store's other connections are for those who are known, and for the probes.
const AT_ONCE: usize = 2;
/// So many wait at the most, so that a flood takes no memory.
const LONGEST: usize = 256;
/// For so long one waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// The line before the control store.
#[derive(Debug)]
pub(super) struct Line {
    places: Semaphore,
    turns: Semaphore,
}

/// A token's turn to be looked up; it ends when this is dropped.
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
    /// Waits until it is this token's turn.
    ///
    /// # Errors
    /// `CLUSTER_BUSY` when the line is too long, and after two seconds.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, Problem> {
        let busy =
            || Problem::new(Code::ClusterBusy).detail("too many tokens are presented that are not known yet");
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
        assert_eq!(line.turn().await.unwrap_err().code(), Code::ClusterBusy);
        assert_eq!(begun.elapsed(), PATIENCE);
        drop(first);
        let third = line.turn().await.unwrap();
        drop((second, third));

        let _others = line
            .places
            .try_acquire_many(u32::try_from(LONGEST).unwrap())
            .unwrap();
        let begun = Instant::now();
        assert_eq!(line.turn().await.unwrap_err().code(), Code::ClusterBusy);
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
