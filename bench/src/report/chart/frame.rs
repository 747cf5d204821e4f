//! The SVG of a chart: axes, lines, bars and markers.

use std::fmt::Write as _;

use super::class;
use super::label::{short, wrap};
use crate::chart::{Chart, Scale, Series, SeriesStyle, Shape};
use crate::report::axis::Axis;
use crate::report::bars::escape;
use crate::spread::Spread;
use crate::text::number;

/// Narrow, so that its text is readable where the page is as wide as a telephone.
pub(super) const WIDTH: f64 = 360.0;
pub(super) const HEIGHT: f64 = 220.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 24.0;
/// With two lines of names and one of the axis.
const BOTTOM: f64 = 44.0;

/// Letters in a line below the axis.
const LINE: f64 = 6.6;

/// The picture, with a label that says what it shows.
pub(super) fn picture(chart: &Chart) -> String {
    let frame = Frame::new(chart);
    let names: Vec<&str> = chart.series.iter().map(|series| series.name.as_str()).collect();
    let label = format!(
        "{}, {} by {}: {}. The numbers are in the table below.",
        chart.title,
        chart.unit,
        chart.axis,
        names.join(", ")
    );
    let drawn = match chart.shape {
        Shape::Lines => chart
            .series
            .iter()
            .map(|series| frame.line(series))
            .collect::<String>(),
        Shape::Bars => frame.bars(chart),
    };
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">{}{drawn}</svg>",
        escape(&label),
        frame.axes(chart)
    )
}

/// Where values and categories lie.
struct Frame<'a> {
    axis: Axis,
    chart: &'a Chart,
    /// Of a category.
    width: f64,
}

impl<'a> Frame<'a> {
    fn new(chart: &'a Chart) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a handful of categories")]
        let count = chart.categories.len().max(1) as f64;
        Self {
            axis: Axis::of(chart),
            chart,
            width: (WIDTH - LEFT - RIGHT) / count,
        }
    }

    fn y(&self, value: f64) -> f64 {
        let height = HEIGHT - TOP - BOTTOM;
        TOP + height * (1.0 - self.axis.place(value))
    }

    /// The middle of a category.
    #[expect(clippy::cast_precision_loss, reason = "a handful of categories")]
    fn x(&self, category: usize) -> f64 {
        LEFT + self.width * (category as f64 + 0.5)
    }

    fn axes(&self, chart: &Chart) -> String {
        let right = WIDTH - RIGHT;
        let mut drawn = String::new();
        for value in self.axis.lines() {
            let (y, label) = (self.y(value), short(value));
            let _ = write!(
                drawn,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>\
                 <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 5.0,
                y + 3.5
            );
        }
        let mut below = HEIGHT - BOTTOM;
        for (place, category) in chart.categories.iter().enumerate() {
            let x = self.x(place);
            let mut y = HEIGHT - BOTTOM + 2.0;
            for line in wrap(category, self.width / LINE) {
                y += 12.0;
                let _ = write!(
                    drawn,
                    "<text class=\"tick\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
                    escape(&line)
                );
            }
            below = below.max(y);
        }
        let unit = match chart.scale {
            Scale::Linear => chart.unit.clone(),
            Scale::Logarithmic => format!("{}, logarithmic", chart.unit),
        };
        let _ = write!(
            drawn,
            "<text class=\"tick\" x=\"2\" y=\"9\">{}</text>\
             <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            escape(&unit),
            LEFT + (right - LEFT) / 2.0,
            below + 15.0,
            escape(&chart.axis)
        );
        drawn
    }

    /// A line through what was measured, with gaps where nothing was.
    fn line(&self, series: &Series) -> String {
        let mut path = String::new();
        let mut marks = String::new();
        let mut pen = 'M';
        for (place, value) in series.values.iter().enumerate() {
            let Some(value) = value else {
                pen = 'M';
                continue;
            };
            let (x, y) = (self.x(place), self.y(value.median));
            let _ = write!(path, "{pen}{x:.1} {y:.1}");
            pen = 'L';
            if value.rounds > 1 {
                let _ = write!(
                    marks,
                    "<path class=\"range\" d=\"M{x:.1} {:.1}V{:.1}\"/>",
                    self.y(value.low),
                    self.y(value.high)
                );
            }
            let _ = write!(
                marks,
                "<g>{}<title>{}</title></g>",
                marker(series.look, x, y),
                escape(&self.says(series, place, value))
            );
        }
        format!(
            "<g class=\"{}\"><path class=\"line\" d=\"{path}\"/>{marks}</g>",
            class(series.look)
        )
    }

    #[expect(clippy::cast_precision_loss, reason = "a handful of series")]
    fn bars(&self, chart: &Chart) -> String {
        let count = chart.series.len().max(1) as f64;
        let width = (self.width * 0.8 / count).min(46.0);
        let mut drawn = String::new();
        for (number_of, series) in chart.series.iter().enumerate() {
            let offset = (number_of as f64 - count / 2.0) * width;
            let _ = write!(drawn, "<g class=\"{}\">", class(series.look));
            for (place, value) in series.values.iter().enumerate() {
                let Some(value) = value else { continue };
                let (x, y) = (self.x(place) + offset, self.y(value.median));
                let _ = write!(
                    drawn,
                    "<g><rect class=\"bar\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\
                     <text class=\"value\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
                     <title>{}</title></g>",
                    x + 1.0,
                    width - 2.0,
                    HEIGHT - BOTTOM - y,
                    x + width / 2.0,
                    y - 3.0,
                    short(value.median),
                    escape(&self.says(series, place, value))
                );
            }
            drawn.push_str("</g>");
        }
        drawn
    }

    /// A value in words.
    fn says(&self, series: &Series, place: usize, value: &Spread) -> String {
        let category = self.chart.categories.get(place).map_or("", String::as_str);
        let (value, unit) = (number(value.median), &self.chart.unit);
        format!("{}, {category}: {value} {unit}", series.name)
    }
}

/// Its shape tells it from the others where colours do not.
pub(super) fn marker(look: SeriesStyle, x: f64, y: f64) -> String {
    match look {
        SeriesStyle::Tenantry => format!("<circle class=\"mark\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"),
        SeriesStyle::TenantryToo => format!(
            "<path class=\"mark\" d=\"M{:.1} {:.1}l5 5l-5 5l-5 -5z\"/>",
            x,
            y - 5.0
        ),
        SeriesStyle::Comparator => format!(
            "<rect class=\"mark\" x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\"/>",
            x - 3.5,
            y - 3.5
        ),
        SeriesStyle::Template => format!(
            "<path class=\"mark\" d=\"M{:.1} {:.1}l4.6 8h-9.2z\"/>",
            x,
            y - 4.8
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_starts_at_the_axis() {
        let values = [100.0, 0.0].map(|value| Some(Spread::of(&[value])));
        let chart = Chart::new("t", "/s", "tenants", Shape::Bars, Scale::Linear)
            .over(["1", "10"])
            .series("Tenantry", SeriesStyle::Tenantry, values);
        let drawn = picture(&chart);
        let height = HEIGHT - TOP - BOTTOM;
        assert!(drawn.contains(&format!("height=\"{height:.1}\"")), "{drawn}");
        assert!(drawn.contains("height=\"0.0\""), "{drawn}");
    }
}
