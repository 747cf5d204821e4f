//! Medians, ranges and percentiles.

use serde::{Deserialize, Deserializer, Serialize};

/// What several rounds came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// The middle one; of an even number the mean of the two in the middle.
    #[serde(deserialize_with = "number_or_nan")]
    pub(crate) median: f64,
    /// The least.
    #[serde(deserialize_with = "number_or_nan")]
    pub(crate) low: f64,
    /// The most.
    #[serde(deserialize_with = "number_or_nan")]
    pub(crate) high: f64,
    /// How many there were.
    pub(crate) rounds: usize,
}

/// JSON has no NaN and no infinity, which a ratio to nothing is: they are written as null.
fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

impl Spread {
    /// Of these rounds; of none at all everything is zero.
    pub(crate) fn of(rounds: &[f64]) -> Self {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = match (sorted.len() % 2, sorted.get(middle)) {
            (_, None) => 0.0,
            (0, Some(upper)) => f64::midpoint(sorted[middle - 1], *upper),
            (_, Some(middle)) => *middle,
        };
        Self {
            median,
            low: sorted.first().copied().unwrap_or(0.0),
            high: sorted.last().copied().unwrap_or(0.0),
            rounds: sorted.len(),
        }
    }
}

/// Round by round what the one is to the other. Rounds that stand beside each other in time share what else the
/// machine did then, so this is steadier than the ratio of two medians.
pub(crate) fn ratios(value: &[f64], comparator: &[f64]) -> Vec<f64> {
    let pairs = value.iter().zip(comparator);
    pairs.map(|(value, comparator)| value / comparator).collect()
}

/// The least of the values that so many percent do not exceed (the nearest rank); zero of none.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.max(1) - 1)
        .or_else(|| sorted.last())
        .copied()
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_its_middle_and_its_ends() {
        let spread = Spread::of(&[3.0, 1.0, 2.0]);
        assert_eq!(
            (spread.median, spread.low, spread.high, spread.rounds),
            (2.0, 1.0, 3.0, 3)
        );
        let even = Spread::of(&[4.0, 1.0, 2.0, 3.0]).median;
        assert!((even - 2.5).abs() < 1e-9);
        assert!(Spread::of(&[]).median.abs() < 1e-9);
    }

    #[test]
    fn a_ratio_to_nothing_can_be_written_and_read() {
        let written = serde_json::to_string(&Spread::of(&ratios(&[1.0], &[0.0]))).unwrap();
        let read: Spread = serde_json::from_str(&written).unwrap();
        assert!(read.median.is_nan() && read.rounds == 1, "{read:?}");
    }

    #[test]
    fn a_percentile_is_a_value_that_was_there() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        for (percent, value) in [
            (0, 1.0),
            (1, 1.0),
            (50, 50.0),
            (95, 95.0),
            (99, 99.0),
            (100, 100.0),
        ] {
            assert!((percentile(&hundred, percent) - value).abs() < 1e-9, "p{percent}");
        }
        assert!((percentile(&[7.0], 99) - 7.0).abs() < 1e-9);
        assert!((percentile(&[1.0, 2.0], 99) - 2.0).abs() < 1e-9);
        assert!(percentile(&[], 99).abs() < 1e-9);
    }

    #[test]
    fn rounds_are_compared_in_pairs() {
        assert_eq!(ratios(&[2.0, 9.0], &[1.0, 3.0]), [2.0, 3.0]);
    }
}
