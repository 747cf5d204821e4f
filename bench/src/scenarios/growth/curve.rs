//! A contender's rounds by the number of tenants.

use crate::chart::SeriesStyle;
use crate::load::{LoadSummary, Tally};
use crate::spread::Spread;
use crate::text::number;

/// The contender that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contender {
    Tenantry,
    PgBouncer,
    TheTemplate,
}
impl Contender {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tenantry => "Tenantry",
            Self::PgBouncer => "PgBouncer",
            Self::TheTemplate => "the template's shape",
        }
    }

    pub(super) fn style(self) -> SeriesStyle {
        match self {
            Self::Tenantry => SeriesStyle::Tenantry,
            Self::PgBouncer => SeriesStyle::Comparator,
            Self::TheTemplate => SeriesStyle::Template,
        }
    }
}

/// One contender's points.
pub(super) struct Curve {
    pub(super) contender: Contender,
    pub(super) points: Vec<Point>,
}

/// A contender's rounds with one number of tenants.
pub(super) struct Point {
    pub(super) rates: Vec<f64>,
    pub(super) p99: Vec<f64>,
    pub(super) failures: Vec<f64>,
    pub(super) load: LoadSummary,
}

impl Curve {
    pub(super) fn new(contender: Contender) -> Self {
        Self {
            contender,
            points: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, tally: &Tally) {
        if let Some(point) = self.points.last_mut() {
            point.rates.push(tally.rate());
            point.failures.push(tally.failures());
            if !tally.latencies.is_empty() {
                point.p99.push(tally.percentile(99));
            }
            point.load.add_tally(tally);
        }
    }

    pub(super) fn spreads(&self, values: fn(&Point) -> &[f64]) -> impl Iterator<Item = Option<Spread>> + '_ {
        let spread = |rounds: &[f64]| (!rounds.is_empty()).then(|| Spread::of(rounds));
        self.points.iter().map(move |point| spread(values(point)))
    }
}

impl Point {
    pub(super) fn new(contender: Contender, tenants: usize) -> Self {
        let label = format!("{}, {}", contender.name(), tenants_of(tenants));
        Self {
            rates: Vec::new(),
            p99: Vec::new(),
            failures: Vec::new(),
            load: LoadSummary::new(label),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "some thousands")]
pub(super) fn number_of(tenants: usize) -> String {
    number(tenants as f64)
}

pub(super) fn tenants_of(number: usize) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} tenant{plural}", number_of(number))
}
