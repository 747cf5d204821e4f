//! Answers, latencies and failures of a round of load.

use std::time::Duration;

use crate::spread::percentile;

/// Requests answered, how long each took, and those that failed.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Of the requests that were answered, milliseconds, in no order; also of those that were under way at the end.
    pub(crate) latencies: Vec<f64>,
    /// Requests that were answered before the end.
    pub(crate) answered: u64,
    /// Requests that failed.
    pub(crate) errors: u64,
    /// What the first of them said.
    pub(crate) first_error: Option<String>,
    /// How long the round lasted.
    pub(crate) length: Duration,
}

impl Tally {
    /// Counts a request, which was answered before the end or not.
    pub(crate) fn count(&mut self, took: Duration, outcome: Result<(), String>, before_end: bool) {
        match outcome {
            Ok(()) => {
                self.latencies.push(took.as_secs_f64() * 1e3);
                self.answered += u64::from(before_end);
            }
            Err(error) => {
                self.errors += 1;
                self.first_error.get_or_insert(error);
            }
        }
    }

    /// Adds another client's of the same round.
    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.answered += other.answered;
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
        self.length = self.length.max(other.length);
    }

    /// Requests answered in a second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a round has far fewer than 2^52 requests"
    )]
    pub(crate) fn rate(&self) -> f64 {
        let seconds = self.length.as_secs_f64();
        if seconds > 0.0 {
            self.answered as f64 / seconds
        } else {
            0.0
        }
    }

    /// The failed ones, as a figure.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a round has far fewer than 2^52 requests"
    )]
    pub(crate) fn failures(&self) -> f64 {
        self.errors as f64
    }

    /// The latency that so many percent of the answers do not exceed, milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_by(f64::total_cmp);
        percentile(&sorted, percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_no_answers() {
        let mut tally = Tally::default();
        tally.count(Duration::from_millis(2), Ok(()), true);
        tally.count(Duration::from_millis(900), Err("first".to_owned()), true);
        let mut other = Tally {
            length: Duration::from_secs(2),
            ..Tally::default()
        };
        other.count(Duration::from_millis(4), Ok(()), true);
        other.count(Duration::from_millis(8), Ok(()), false);
        other.count(Duration::ZERO, Err("second".to_owned()), true);
        tally.add(other);
        assert_eq!((tally.answered, tally.latencies.len(), tally.errors), (2, 3, 2));
        assert_eq!(tally.first_error.as_deref(), Some("first"));
        assert!((tally.rate() - 1.0).abs() < 1e-9);
        assert!((tally.percentile(99) - 8.0).abs() < 1e-9);
    }
}
