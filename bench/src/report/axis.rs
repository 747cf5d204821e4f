//! The value axis of a chart: its range, and where its lines are.

use crate::chart::{Chart, Scale};

/// Powers of ten that have room.
const DECADES: f64 = 7.0;

/// A range of values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Axis {
    /// Wide enough for every value of the chart.
    pub(super) fn of(chart: &Chart) -> Self {
        let values = || {
            let all = chart
                .series
                .iter()
                .flat_map(|series| series.values.iter().flatten());
            all.flat_map(|value| [value.low, value.median, value.high])
                .filter(|value| value.is_finite() && *value > 0.0)
        };
        let highest = values().fold(0.0, f64::max);
        let highest = if highest > 0.0 { highest } else { 1.0 };
        match chart.scale {
            Scale::Linear => {
                let step = step(highest);
                Self {
                    scale: chart.scale,
                    low: 0.0,
                    high: (highest / step).ceil() * step,
                }
            }
            Scale::Logarithmic => {
                let high = highest.log10().ceil();
                let low = values().fold(highest, f64::min).log10().floor();
                let low = low.min(high - 1.0).max(high - DECADES);
                Self {
                    scale: chart.scale,
                    low: 10_f64.powf(low),
                    high: 10_f64.powf(high),
                }
            }
        }
    }

    /// Where a value lies, from 0 at the bottom to 1 at the top.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear => value / self.high,
            Scale::Logarithmic if value <= 0.0 => 0.0,
            Scale::Logarithmic => (value / self.low).log10() / (self.high / self.low).log10(),
        };
        if place.is_finite() {
            place.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// Values with a line.
    pub(super) fn lines(&self) -> Vec<f64> {
        let (first, step): (f64, Box<dyn Fn(f64) -> f64>) = match self.scale {
            Scale::Linear => {
                let step = step(self.high);
                (0.0, Box::new(move |value| value + step))
            }
            Scale::Logarithmic => (self.low, Box::new(|value| value * 10.0)),
        };
        let lines = std::iter::successors(Some(first), |value| Some(step(*value)));
        lines.take_while(|value| *value <= self.high * 1.000_1).collect()
    }
}

/// 1, 2 or 5 times a power of ten, so that four to eight steps reach the value.
fn step(value: f64) -> f64 {
    let rough = value / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [5.0, 2.0, 1.0];
    let fitting = steps.into_iter().find(|step| step * power <= rough);
    fitting.unwrap_or(1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{SeriesStyle, Shape};
    use crate::spread::Spread;

    fn axis(scale: Scale, values: &[f64]) -> Axis {
        let chart = Chart::new("t", "/s", "x", Shape::Lines, scale);
        let values = values.iter().map(|value| Some(Spread::of(&[*value])));
        Axis::of(&chart.series("a", SeriesStyle::Tenantry, values))
    }

    #[test]
    fn a_linear_axis_begins_at_zero_and_ends_on_a_line() {
        let axis = axis(Scale::Linear, &[0.0, 5_700.0]);
        assert_eq!(
            axis.lines(),
            [0.0, 1_000.0, 2_000.0, 3_000.0, 4_000.0, 5_000.0, 6_000.0]
        );
        assert!((axis.place(3_000.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_logarithmic_axis_has_a_line_for_each_power() {
        let axis = axis(Scale::Logarithmic, &[0.0, 4.0, 400.0]);
        assert_eq!(axis.lines(), [1.0, 10.0, 100.0, 1_000.0]);
        assert!((axis.place(10.0) - 1.0 / 3.0).abs() < 1e-9);
        assert!(axis.place(0.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_has_an_axis_all_the_same() {
        for scale in [Scale::Linear, Scale::Logarithmic] {
            assert!(axis(scale, &[0.0]).lines().len() > 1);
        }
    }
}
