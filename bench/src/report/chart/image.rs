//! A chart as an SVG file: with title, legend and colours of its own.

use std::fmt::Write as _;

use super::frame::{HEIGHT, WIDTH, marker, picture};
use super::{STYLE, class};
use crate::chart::Chart;
use crate::report::bars::escape;

/// Of a line of the title or the legend.
const LINE: f64 = 17.0;
const MARGIN: f64 = 8.0;

/// The file's content.
pub(in crate::report) fn image(chart: &Chart) -> String {
    let mut head = String::new();
    let mut y = MARGIN + 12.0;
    let _ = write!(
        head,
        "<text class=\"title\" x=\"{MARGIN}\" y=\"{y}\">{}</text>",
        escape(&chart.title)
    );
    for series in &chart.series {
        y += LINE;
        let _ = write!(
            head,
            "<g class=\"{}\">{}</g><text x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            class(series.look),
            marker(series.look, MARGIN + 5.0, y - 4.0),
            MARGIN + 16.0,
            escape(&series.name)
        );
    }
    let top = y + MARGIN;
    let (width, height) = (WIDTH + 2.0 * MARGIN, top + HEIGHT + MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\">\n<style>\n{STYLE}\
         .chart text.title {{ fill: var(--ink); font-weight: 600; font-size: 13px; }}\n</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"var(--paper)\"/>\n{head}\n\
         <svg x=\"{MARGIN}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\"{}\n</svg>\n",
        picture(chart).trim_start_matches("<svg")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Scale, SeriesStyle, Shape};
    use crate::spread::Spread;

    #[test]
    fn an_image_has_title_legend_and_colours_of_its_own() {
        let chart = Chart::new("Grows & falls", "/s", "tenants", Shape::Lines, Scale::Linear)
            .over(["1"])
            .series("Tenantry", SeriesStyle::Tenantry, [Some(Spread::of(&[1.0]))]);
        let drawn = image(&chart);
        for part in [
            "xmlns=",
            ">Grows &amp; falls</text>",
            ">Tenantry</text>",
            "--tenantry: #",
            "class=\"line\"",
        ] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert_eq!(
            (drawn.matches("<svg").count(), drawn.matches("</svg>").count()),
            (2, 2)
        );
    }
}
