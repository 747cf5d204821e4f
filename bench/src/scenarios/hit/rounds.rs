//! Rounds in turn, A B C A B C …, so that what else the machine does falls on all alike; as a contender's nanoseconds a hit.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use uuid::Uuid;

use super::contender::Hits;

/// Rounds before those that count, for caches, branch predictors and the clock of the processor.
const WARM_UP: usize = 2;
/// A round lasts about this long.
const ROUND: Duration = Duration::from_millis(100);

/// What a contender's rounds came to.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// Of one hit as a task sees it, round by round.
    pub(crate) nanoseconds: Vec<f64>,
}

impl Measured {
    /// All tasks' hits in a second, round by round.
    #[expect(clippy::cast_precision_loss, reason = "a handful of tasks")]
    pub(crate) fn rates(&self, tasks: usize) -> Vec<f64> {
        let rate = |nanoseconds: &f64| tasks as f64 * 1e9 / nanoseconds;
        self.nanoseconds.iter().map(rate).collect()
    }
}

/// Measures all contenders over the same walks, one task a walk.
pub(crate) async fn measure(
    contenders: Vec<Box<dyn Hits>>,
    walks: &[Arc<[Uuid]>],
    rounds: usize,
) -> Vec<Measured> {
    let mut lanes = Vec::new();
    for contender in contenders {
        let times = calibrate(&*contender, walks).await;
        lanes.push((contender, times, Vec::new()));
    }
    for round in 0..WARM_UP + rounds {
        for (contender, times, nanoseconds) in &mut lanes {
            let hit = per_hit(round_of(&**contender, walks, *times).await, walks, *times);
            if round >= WARM_UP {
                nanoseconds.push(hit);
            }
        }
    }
    lanes
        .into_iter()
        .map(|(contender, _, nanoseconds)| Measured {
            name: contender.name(),
            nanoseconds,
        })
        .collect()
}

/// How many times over a walk goes into a round.
async fn calibrate(contender: &dyn Hits, walks: &[Arc<[Uuid]>]) -> usize {
    let mut times = 1;
    loop {
        let took = round_of(contender, walks, times).await;
        if took >= ROUND / 2 {
            return times;
        }
        times *= 2;
    }
}

/// Lets all tasks go at once, each on a worker thread of its own; returns how long it was until the last one was
/// through. There must be no more walks than worker threads.
async fn round_of(contender: &dyn Hits, walks: &[Arc<[Uuid]>], times: usize) -> Duration {
    let start = Arc::new(Barrier::new(walks.len()));
    let mut tasks = JoinSet::new();
    for walk in walks {
        let work = contender.walk(Arc::clone(walk), times);
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            // Blocks its thread, as is meant: so each task has a thread of its own when they all go.
            start.wait();
            let begin = Instant::now();
            work.await;
            (begin, Instant::now())
        });
    }
    let spans = tasks.join_all().await;
    let first = spans.iter().map(|(begin, _)| *begin).min();
    let last = spans.iter().map(|(_, end)| *end).max();
    first
        .zip(last)
        .map_or(Duration::ZERO, |(first, last)| last - first)
}

#[expect(clippy::cast_precision_loss, reason = "a count of hits is far below 2^52")]
fn per_hit(took: Duration, walks: &[Arc<[Uuid]>], times: usize) -> f64 {
    let hits = walks.first().map_or(1, |walk| walk.len()) * times;
    took.as_secs_f64() * 1e9 / hits as f64
}
