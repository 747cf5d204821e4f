//! The report as Markdown, with its charts as SVG files beside it: to be committed, and read where the code is.

use std::fmt::Write as _;

use super::{Measured, Report, chart};
use crate::chart::Chart;
use crate::figure::Figure;
use crate::spread::Spread;
use crate::text::number;

/// The page, and the files that it shows.
pub(super) fn render(report: &Report) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut page = head(report);
    for measured in &report.scenarios {
        section(&mut page, measured);
        for (name, chart) in images(measured) {
            let _ = writeln!(page, "![{}]({name})", chart.title);
            files.push((name, chart::image(chart)));
        }
        if !measured.charts.is_empty() {
            page.push('\n');
        }
        table(&mut page, &measured.figures);
        for note in &measured.notes {
            let _ = writeln!(page, "{note}\n");
        }
    }
    files.push(("report.md".to_owned(), page));
    files
}

/// The scenario's charts and the names of their files.
fn images(measured: &Measured) -> impl Iterator<Item = (String, &Chart)> {
    let named = |(place, chart)| (format!("{}-{}.svg", measured.name, place + 1), chart);
    measured.charts.iter().enumerate().map(named)
}

fn head(report: &Report) -> String {
    let (met, all) = report.targets();
    let mut text = format!(
        "# Tenantry: measurements\n\n\
         **{met} of {all} targets met.** {}Written by the bench itself. Each figure is the median of its rounds, with the \
         lowest and the highest round beside it; a ratio is the median of the ratios of rounds that followed each \
         other.\n\n",
        report.settings.caution()
    );
    for (name, value) in report.facts() {
        let _ = writeln!(text, "- {name}: {value}");
    }
    text
}

fn section(page: &mut String, measured: &Measured) {
    let _ = writeln!(
        page,
        "\n## {}\n\n{}.\n\n<details><summary>Method</summary>\n\n{}\n\n</details>\n",
        measured.name,
        sentence(&measured.summary),
        measured.method
    );
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn table(page: &mut String, figures: &[Figure]) {
    page.push_str("| figure | Tenantry | against | ratio | target |\n|---|---|---|---|---|\n");
    for figure in figures {
        let against = figure.comparator.as_ref().map(|other| {
            let value = measured(&other.value, &figure.unit);
            format!("{}: {value}", cell(&other.name))
        });
        let ratio = figure.ratio.map(|ratio| number(ratio.median));
        let target = figure.target.map(|target| match figure.judge() {
            Some(true) => target.to_string(),
            _ => format!("**{target}, missed**"),
        });
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            cell(&figure.name),
            measured(&figure.value, &figure.unit),
            against.unwrap_or_default(),
            ratio.unwrap_or_default(),
            target.unwrap_or_default()
        );
    }
    page.push('\n');
}

fn measured(value: &Spread, unit: &str) -> String {
    let around = if value.rounds > 1 {
        format!(" ({} … {})", number(value.low), number(value.high))
    } else {
        String::new()
    };
    format!("{} {unit}{around}", number(value.median))
}

/// Text that stands in a table as it is.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::report;

    #[test]
    fn the_page_shows_each_chart_and_says_what_is_missed() {
        let files = render(&report(vec![
            Figure::new("rate", "/s", &[1.0, 3.0, 2.0]).at_most(1.5),
            Figure::compared("Mutex<_>", "ns", &[50.0], "a|b", &[100.0]),
        ]));
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["growth-1.svg", "report.md"]);
        let page = &files[1].1;
        for part in [
            "**0 of 1 targets met.** A quick run",
            "![Grows](growth-1.svg)",
            "| rate | 2 /s (1 … 3) |  |  | **≤ 1.5, missed** |",
            "| Mutex&lt;_> | 50 ns | a\\|b: 100 ns | 0.50 |  |",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
