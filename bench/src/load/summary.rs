//! The requests of one contender over all its rounds, as `JMeter`'s summary report counts them.

use serde::{Deserialize, Serialize};

use super::Tally;

/// Sums, from which averages are worked out when they are asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LoadSummary {
    /// Whose requests, and which.
    pub(crate) label: String,
    /// Requests that were answered or failed.
    pub(crate) samples: u64,
    pub(crate) errors: u64,
    /// Requests with a latency.
    timed: u64,
    /// Of latencies, milliseconds.
    sum: f64,
    squares: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// All rounds together.
    pub(crate) seconds: f64,
    /// Bytes, where they were counted.
    pub(crate) received: Option<u64>,
    pub(crate) sent: Option<u64>,
}

/// Latencies of a round.
pub(crate) struct Latencies {
    pub(crate) count: u64,
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl LoadSummary {
    /// Nothing yet.
    pub(crate) fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            samples: 0,
            errors: 0,
            timed: 0,
            sum: 0.0,
            squares: 0.0,
            min: 0.0,
            max: 0.0,
            seconds: 0.0,
            received: None,
            sent: None,
        }
    }

    /// Adds a round of clients within this process.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a round has far fewer than 2^52 requests"
    )]
    pub(crate) fn add_tally(&mut self, tally: &Tally) {
        let count = tally.latencies.len();
        let mean = tally.latencies.iter().sum::<f64>() / count.max(1) as f64;
        let squares: f64 = tally.latencies.iter().map(|value| (value - mean).powi(2)).sum();
        let latencies = Latencies {
            count: count as u64,
            mean,
            deviation: (squares / count.max(1) as f64).sqrt(),
            min: tally.latencies.iter().copied().fold(f64::INFINITY, f64::min),
            max: tally.latencies.iter().copied().fold(0.0, f64::max),
        };
        self.add(&latencies, tally.errors, tally.length.as_secs_f64());
        self.samples += tally.errors;
    }

    /// Adds a round: requests with a latency, and how many failed, among these or beside them.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a round has far fewer than 2^52 requests"
    )]
    pub(crate) fn add(&mut self, latencies: &Latencies, errors: u64, seconds: f64) {
        let count = latencies.count as f64;
        if latencies.count > 0 {
            self.min = if self.timed == 0 {
                latencies.min
            } else {
                self.min.min(latencies.min)
            };
            self.max = self.max.max(latencies.max);
        }
        self.samples += latencies.count;
        self.timed += latencies.count;
        self.errors += errors;
        self.sum += latencies.mean * count;
        self.squares += (latencies.deviation.powi(2) + latencies.mean.powi(2)) * count;
        self.seconds += seconds;
    }

    /// Milliseconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a run has far fewer than 2^52 requests"
    )]
    pub(crate) fn average(&self) -> f64 {
        self.sum / self.timed.max(1) as f64
    }

    /// Failed requests in percent.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a run has far fewer than 2^52 requests"
    )]
    pub(crate) fn failed_percent(&self) -> f64 {
        100.0 * self.errors as f64 / self.samples.max(1) as f64
    }

    /// Standard deviation, milliseconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a run has far fewer than 2^52 requests"
    )]
    pub(crate) fn deviation(&self) -> f64 {
        let variance = self.squares / self.timed.max(1) as f64 - self.average().powi(2);
        // Rounding can make it a little less than nothing.
        variance.max(0.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rounds_add_up() {
        let round = |latencies: &[f64], errors| Tally {
            latencies: latencies.to_vec(),
            errors,
            length: Duration::from_secs(1),
            ..Tally::default()
        };
        let mut summary = LoadSummary::new("list");
        summary.add_tally(&round(&[2.0, 4.0], 0));
        summary.add_tally(&round(&[4.0, 6.0], 1));
        summary.add_tally(&round(&[], 1));
        assert_eq!((summary.samples, summary.errors), (6, 2));
        assert!((summary.average() - 4.0).abs() < 1e-9);
        assert!((summary.deviation() - 2.0_f64.sqrt()).abs() < 1e-9);
        assert!((summary.min - 2.0).abs() < 1e-9 && (summary.max - 6.0).abs() < 1e-9);
        assert!((summary.seconds - 3.0).abs() < 1e-9);
    }
}
