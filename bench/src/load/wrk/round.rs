//! Results of a round of wrk, read from the line that its script prints.

use crate::load::{Latencies, LoadSummary};

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WrkRound {
    /// Requests that were answered, with whatever status.
    pub(crate) answered: u64,
    /// Answers of status 400 and above.
    pub(crate) refused: u64,
    /// Connections that failed, and requests that were not answered in time.
    pub(crate) unanswered: u64,
    pub(crate) seconds: f64,
    /// Of answers, milliseconds.
    pub(crate) mean: f64,
    deviation: f64,
    min: f64,
    max: f64,
    pub(crate) p99: f64,
    received: u64,
    sent: u64,
}

impl WrkRound {
    /// Reads the line that the script prints; every request has so many bytes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts, printed in full"
    )]
    pub(super) fn read(printed: &str, request: u64) -> Option<Self> {
        let line = printed.lines().find_map(|line| line.strip_prefix("measured:"))?;
        let numbers: Vec<f64> = line
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        let [
            answered,
            duration,
            received,
            mean,
            deviation,
            min,
            max,
            p99,
            status,
            failed @ ..,
        ] = &numbers[..]
        else {
            return None;
        };
        if *answered < 1.0 {
            // wrk's latencies of nothing are no numbers.
            return Some(Self::nothing(duration / 1e6, failed.iter().sum::<f64>() as u64));
        }
        Some(Self {
            answered: *answered as u64,
            refused: *status as u64,
            unanswered: failed.iter().sum::<f64>() as u64,
            seconds: duration / 1e6,
            mean: mean / 1e3,
            deviation: deviation / 1e3,
            min: min / 1e3,
            max: max / 1e3,
            p99: p99 / 1e3,
            received: *received as u64,
            sent: *answered as u64 * request,
        })
    }

    fn nothing(seconds: f64, unanswered: u64) -> Self {
        Self {
            answered: 0,
            refused: 0,
            unanswered,
            seconds,
            mean: 0.0,
            deviation: 0.0,
            min: 0.0,
            max: 0.0,
            p99: 0.0,
            received: 0,
            sent: 0,
        }
    }

    /// Requests that failed.
    pub(crate) fn failures(&self) -> u64 {
        self.refused + self.unanswered
    }

    /// Requests a second that succeeded.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a round has far fewer than 2^52 requests"
    )]
    pub(crate) fn rate(&self) -> f64 {
        (self.answered - self.refused) as f64 / self.seconds
    }

    /// Failed requests in percent. Where not one came to an end, all have failed.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a round has far fewer than 2^52 requests"
    )]
    pub(crate) fn failed_percent(&self) -> f64 {
        match self.answered + self.unanswered {
            0 => 100.0,
            all => 100.0 * self.failures() as f64 / all as f64,
        }
    }
}

impl LoadSummary {
    /// Adds a round of wrk's.
    pub(crate) fn add_wrk(&mut self, round: &WrkRound) {
        let latencies = Latencies {
            count: round.answered,
            mean: round.mean,
            deviation: round.deviation,
            min: round.min,
            max: round.max,
        };
        self.add(&latencies, round.failures(), round.seconds);
        self.samples += round.unanswered;
        *self.received.get_or_insert(0) += round.received;
        *self.sent.get_or_insert(0) += round.sent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_output_is_parsed() {
        let printed =
            "  1 threads\nRequests/sec: 1\nmeasured: 1000 2000000 5000 1500 500 100 9000 4000 10 1 2 3 4\n";
        let round = WrkRound::read(printed, 100).unwrap();
        assert_eq!((round.answered, round.refused, round.unanswered), (1000, 10, 10));
        assert!((round.rate() - 495.0).abs() < 1e-9);
        assert!((round.p99 - 4.0).abs() < 1e-9);
        assert!((round.failed_percent() - 20.0 / 10.1).abs() < 1e-9);
        let mut summary = LoadSummary::new("list");
        summary.add_wrk(&round);
        assert_eq!((summary.samples, summary.errors), (1010, 20));
        assert_eq!((summary.received, summary.sent), (Some(5_000), Some(100_000)));
    }

    #[test]
    fn a_round_without_answers_is_all_failures() {
        let printed = "measured: 0 1000000 0 nan nan 0 0 nan 0 32 0 0 0\n";
        let round = WrkRound::read(printed, 100).unwrap();
        assert_eq!((round.failures(), round.answered), (32, 0));
        assert!((round.failed_percent() - 100.0).abs() < 1e-9);
        let nothing = WrkRound::read("measured: 0 1000000 0 nan nan 0 0 nan 0 0 0 0 0\n", 100).unwrap();
        assert!((nothing.failed_percent() - 100.0).abs() < 1e-9);
        assert_eq!(WrkRound::read("wrk says something else\n", 100), None);
    }
}
