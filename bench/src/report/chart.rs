//! Charts as SVG, with a legend before and the numbers as a table behind each.

mod frame;
mod image;
mod label;

use std::fmt::Write as _;

use self::frame::{marker, picture};
pub(super) use self::image::image;
use super::bars::escape;
use crate::chart::{Chart, Series, SeriesStyle};
use crate::text::number;

/// Colours, lines and text of a chart.
pub(super) const STYLE: &str = include_str!("chart.css");

/// The chart as a `figure`.
pub(super) fn render(chart: &Chart) -> String {
    let legend: String = chart.series.iter().map(key).collect();
    let note = chart
        .note
        .as_deref()
        .map(|note| format!("<p class=\"note\">{}</p>", escape(note)));
    format!(
        "<figure class=\"chart\">\n<figcaption>{}</figcaption>\n<p class=\"legend\">{legend}</p>\n{}\n{}{}</figure>\n",
        escape(&chart.title),
        picture(chart),
        note.unwrap_or_default(),
        table(chart),
    )
}

/// A marker and a name.
fn key(series: &Series) -> String {
    let class = class(series.look);
    format!(
        "<span><svg class=\"key {class}\" viewBox=\"-6 -6 12 12\" aria-hidden=\"true\">{}</svg>{}</span>",
        marker(series.look, 0.0, 0.0),
        escape(&series.name)
    )
}

fn class(look: SeriesStyle) -> &'static str {
    match look {
        SeriesStyle::Tenantry => "tenantry",
        SeriesStyle::TenantryToo => "tenantry-too",
        SeriesStyle::Comparator => "comparator",
        SeriesStyle::Template => "template",
    }
}

/// The same numbers for those who read them.
fn table(chart: &Chart) -> String {
    let mut rows = format!("<tr><th scope=\"col\">{}</th>", escape(&chart.axis));
    for series in &chart.series {
        let _ = write!(rows, "<th scope=\"col\">{}</th>", escape(&series.name));
    }
    for (place, category) in chart.categories.iter().enumerate() {
        let _ = write!(rows, "</tr><tr><th scope=\"row\">{}</th>", escape(category));
        for series in &chart.series {
            let value = series.values.get(place).copied().flatten();
            let text = value.map_or_else(|| "–".to_owned(), |value| number(value.median));
            let _ = write!(rows, "<td>{text}</td>");
        }
    }
    format!(
        "<details><summary>Numbers</summary><div class=\"wide\" tabindex=\"0\"><table><caption>{}</caption>\
         {rows}</tr></table></div></details>",
        escape(&chart.unit)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Scale, Shape};
    use crate::spread::Spread;

    fn chart(shape: Shape) -> Chart {
        let value = |value| Some(Spread::of(&[value]));
        Chart::new(
            "Throughput <grows>",
            "requests/s",
            "tenants",
            shape,
            Scale::Linear,
        )
        .over(["1", "10", "100"])
        .series(
            "Tenantry",
            SeriesStyle::Tenantry,
            [value(100.0), value(50.0), value(0.0)],
        )
        .series(
            "PgBouncer",
            SeriesStyle::Comparator,
            [value(80.0), None, value(10.0)],
        )
    }

    #[test]
    fn a_line_has_a_gap_where_nothing_was_measured() {
        let drawn = render(&chart(Shape::Lines));
        assert_eq!(drawn.matches("class=\"line\"").count(), 2);
        let comparator = drawn.split("<g class=\"comparator\">").nth(1).unwrap();
        let path = comparator
            .split("d=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert_eq!(
            (path.matches('M').count(), path.matches('L').count()),
            (2, 0),
            "{path}"
        );
    }

    #[test]
    fn every_value_is_in_the_table_and_text_is_escaped() {
        for shape in [Shape::Lines, Shape::Bars] {
            let drawn = render(&chart(shape));
            assert!(
                drawn.contains("<tr><th scope=\"row\">10</th><td>50</td><td>–</td></tr>"),
                "{drawn}"
            );
            assert!(!drawn.contains("<grows>"), "{drawn}");
        }
    }
}
