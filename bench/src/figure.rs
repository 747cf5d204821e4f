//! A measured figure, its comparator and its target.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::spread::{Spread, ratios};

/// One line of a report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) scenario: String,
    pub(crate) name: String,
    /// Of the value, and of the comparator's.
    pub(crate) unit: String,
    pub(crate) value: Spread,
    pub(crate) comparator: Option<Comparator>,
    /// The value over the comparator's.
    pub(crate) ratio: Option<Spread>,
    pub(crate) target: Option<Target>,
    /// Whether the target is met; `None` without one.
    pub(crate) passes: Option<bool>,
}

/// The other side of a comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Comparator {
    pub(crate) name: String,
    pub(crate) value: Spread,
}

/// What a figure is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    /// What is held against the limit.
    pub(crate) of: Quantity,
    pub(crate) bound: Bound,
    pub(crate) limit: f64,
}

/// Of a figure, always its median.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Quantity {
    Value,
    Ratio,
    /// The highest round: for what must never be exceeded.
    Highest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast,
    AtMost,
}

impl Figure {
    /// A figure by itself, one value a round.
    pub(crate) fn new(name: impl Into<String>, unit: &str, rounds: &[f64]) -> Self {
        Self {
            // The runner's to fill in.
            scenario: String::new(),
            name: name.into(),
            unit: unit.to_owned(),
            value: Spread::of(rounds),
            comparator: None,
            ratio: None,
            target: None,
            passes: None,
        }
    }

    /// A figure and what it is compared with, one value a round for each.
    pub(crate) fn compared(
        name: impl Into<String>,
        unit: &str,
        rounds: &[f64],
        comparator: impl Into<String>,
        comparator_rounds: &[f64],
    ) -> Self {
        let mut figure = Self::new(name, unit, rounds);
        figure.comparator = Some(Comparator {
            name: comparator.into(),
            value: Spread::of(comparator_rounds),
        });
        figure.ratio = Some(Spread::of(&ratios(rounds, comparator_rounds)));
        figure
    }

    /// Sets what it is to reach.
    pub(crate) fn target(mut self, of: Quantity, bound: Bound, limit: f64) -> Self {
        self.target = Some(Target { of, bound, limit });
        self.passes = self.judge();
        self
    }

    /// The ratio is to be this or more.
    pub(crate) fn ratio_at_least(self, limit: f64) -> Self {
        self.target(Quantity::Ratio, Bound::AtLeast, limit)
    }

    /// The ratio is to be this or less.
    pub(crate) fn ratio_at_most(self, limit: f64) -> Self {
        self.target(Quantity::Ratio, Bound::AtMost, limit)
    }

    /// The value is to be this or less.
    pub(crate) fn at_most(self, limit: f64) -> Self {
        self.target(Quantity::Value, Bound::AtMost, limit)
    }

    /// No round is to exceed this.
    pub(crate) fn never_above(self, limit: f64) -> Self {
        self.target(Quantity::Highest, Bound::AtMost, limit)
    }

    /// Whether the target is met, worked out anew. `None` without a target; what is not a number meets none.
    pub(crate) fn judge(&self) -> Option<bool> {
        let target = self.target?;
        let quantity = match target.of {
            Quantity::Value => Some(self.value.median),
            Quantity::Ratio => self.ratio.map(|ratio| ratio.median),
            Quantity::Highest => Some(self.value.high),
        };
        let meets = |quantity: f64| match target.bound {
            Bound::AtLeast => quantity >= target.limit,
            Bound::AtMost => quantity <= target.limit,
        };
        Some(self.value.rounds > 0 && quantity.is_some_and(meets))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (of, when) = match self.of {
            Quantity::Value => ("", ""),
            Quantity::Ratio => ("ratio ", ""),
            Quantity::Highest => ("", " in every round"),
        };
        let sign = match self.bound {
            Bound::AtLeast => '≥',
            Bound::AtMost => '≤',
        };
        write!(f, "{of}{sign} {}{when}", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_held_against_its_limit() {
        let figure = || {
            Figure::compared(
                "rate",
                "/s",
                &[90.0, 100.0, 110.0],
                "other",
                &[100.0, 100.0, 100.0],
            )
        };
        assert_eq!(figure().ratio_at_least(1.0).passes, Some(true));
        assert_eq!(figure().ratio_at_least(1.01).passes, Some(false));
        assert_eq!(figure().ratio_at_most(1.0).passes, Some(true));
        assert_eq!(figure().passes, None);
    }

    #[test]
    fn a_cap_is_held_by_every_round_and_not_by_the_median() {
        let figure = || Figure::new("backends", "", &[49.0, 50.0, 51.0]);
        assert_eq!(figure().at_most(50.0).passes, Some(true));
        assert_eq!(figure().never_above(50.0).passes, Some(false));
    }

    #[test]
    fn nothing_measured_meets_no_target() {
        let broken = Figure::compared("rate", "/s", &[0.0], "other", &[0.0]);
        assert_eq!(broken.clone().ratio_at_least(0.1).passes, Some(false));
        assert_eq!(broken.ratio_at_most(10.0).passes, Some(false));
        assert_eq!(
            Figure::new("rate", "/s", &[1.0]).ratio_at_least(0.1).passes,
            Some(false)
        );
        assert_eq!(Figure::new("errors", "", &[]).at_most(0.0).passes, Some(false));
    }
}
