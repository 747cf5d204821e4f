//! Rounds of a tenant's clients alone and beside a storm of made-up keys.

use std::time::Duration;

use tokio::time::Instant;

use super::Doors;
use crate::load::{LoadSummary, Tally, closed, open};
use crate::progress;

const WARM_UP: Duration = Duration::from_millis(500);
/// Between two made-up keys: 10,000 a second.
const STORM_PERIOD: Duration = Duration::from_micros(100);

/// What the rounds of the storm came to: milliseconds at p99, failures, and refused requests a second.
pub(super) struct Storm {
    pub(super) alone: Vec<f64>,
    pub(super) beside: Vec<f64>,
    pub(super) errors: Vec<f64>,
    pub(super) refused: Vec<f64>,
    pub(super) loads: [LoadSummary; 2],
}

impl Storm {
    /// Lets the tenant's clients ask alone and beside the storm, by turns.
    pub(super) async fn run(doors: &Doors, rounds: usize, length: Duration) -> Self {
        let mut storm = Self {
            alone: Vec::new(),
            beside: Vec::new(),
            errors: Vec::new(),
            refused: Vec::new(),
            loads: ["alone", "beside made-up keys"].map(LoadSummary::new),
        };
        for round in 0..rounds {
            progress::say(format_args!("  storm, round {}", round + 1));
            let alone = closed(doors.clients(), WARM_UP, length).await;
            let begin = Instant::now();
            let (beside, refused) = tokio::join!(
                closed(doors.clients(), WARM_UP, length),
                open(begin, begin + WARM_UP + length, STORM_PERIOD, || {
                    let doors = doors.clone();
                    async move { doors.made_up().await }
                })
            );
            storm.push(&alone, &beside, &refused);
        }
        storm
    }

    fn push(&mut self, alone: &Tally, beside: &Tally, refused: &Tally) {
        self.alone.push(alone.percentile(99));
        self.beside.push(beside.percentile(99));
        self.errors
            .push(alone.failures() + beside.failures() + refused.failures());
        self.refused.push(refused.rate());
        self.loads[0].add_tally(alone);
        self.loads[1].add_tally(beside);
    }
}
