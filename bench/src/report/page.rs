//! The report as an HTML page that needs nothing besides itself.

use std::fmt::Write as _;

use super::bars::{bars, escape};
use super::{Measured, Report, chart};
use crate::figure::Figure;
use crate::text::standing;

const STYLE: &str = include_str!("page.css");

/// Scenarios whose charts come before those of the others.
const FIRST: [&str; 4] = ["growth", "neighbour", "past", "service"];

/// The whole page.
pub(super) fn render(report: &Report) -> String {
    let scenarios: String = report.scenarios.iter().map(section).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Tenantry: measurements</title>\n<style>\n{}{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Tenantry: measurements</h1>\n{}{}{}{}{scenarios}</main>\n</body>\n</html>\n",
        chart::STYLE,
        summary(report),
        charts(report),
        contents(report),
        facts(report),
    )
}

/// The charts of all scenarios, which a reader looks at first.
fn charts(report: &Report) -> String {
    let mut scenarios: Vec<&Measured> = report.scenarios.iter().collect();
    scenarios.sort_by_key(|scenario| {
        let first = FIRST.iter().position(|name| *name == scenario.name);
        first.unwrap_or(FIRST.len())
    });
    let charts: String = scenarios
        .into_iter()
        .flat_map(|scenario| &scenario.charts)
        .map(chart::render)
        .collect();
    if charts.is_empty() {
        return String::new();
    }
    format!("<div class=\"charts\">\n{charts}</div>\n")
}

/// Links to the scenarios.
fn contents(report: &Report) -> String {
    let links = report
        .scenarios
        .iter()
        .fold(String::new(), |mut links, scenario| {
            let name = escape(&scenario.name);
            let _ = write!(links, "<li><a href=\"#{name}\">{name}</a></li>");
            links
        });
    format!("<nav aria-label=\"Scenarios\"><ul>{links}</ul></nav>\n")
}

/// Machine, versions and settings.
fn facts(report: &Report) -> String {
    let rows = report
        .facts()
        .iter()
        .fold(String::new(), |mut rows, (name, value)| {
            let _ = write!(rows, "<dt>{name}</dt><dd>{}</dd>", escape(value));
            rows
        });
    format!("<dl>{rows}</dl>\n")
}

/// How many targets are met.
fn summary(report: &Report) -> String {
    let (met, all) = report.targets();
    format!(
        "<p><b>{met} of {all} targets met.</b> {}Points and bars are the median round, thin lines reach from the lowest \
         round to the highest; ratios are the median of rounds that followed each other.</p>\n",
        report.settings.caution()
    )
}

fn section(measured: &Measured) -> String {
    let figures: String = measured.figures.iter().map(figure).collect();
    let notes = measured.notes.iter().fold(String::new(), |mut notes, note| {
        let _ = writeln!(notes, "<p class=\"note\">{}</p>", escape(note));
        notes
    });
    format!(
        "<section id=\"{0}\">\n<h2>{0}</h2>\n<p>{1}</p>\n{figures}{notes}<details><summary>Method</summary><p>{2}</p></details>\n</section>\n",
        escape(&measured.name),
        escape(&measured.summary),
        escape(&measured.method),
    )
}

fn figure(figure: &Figure) -> String {
    let class = match figure.judge() {
        Some(true) => "met",
        Some(false) => "missed",
        None => "open",
    };
    let standing = standing(figure)
        .map(|standing| format!("<p class=\"standing {class}\">{}</p>", escape(&standing)))
        .unwrap_or_default();
    format!(
        "<figure>\n<figcaption>{}</figcaption>\n{}\n{standing}</figure>\n",
        escape(&figure.name),
        bars(figure)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::report;

    #[test]
    fn charts_come_before_everything_else() {
        let page = render(&report(vec![Figure::new("rate", "/s", &[1.0]).at_most(2.0)]));
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}: {page}"));
        assert!(place("1 of 1 targets met") < place("class=\"chart\""));
        assert!(place("class=\"chart\"") < place("href=\"#growth\""));
        assert!(place("href=\"#growth\"") < place("<section id=\"growth\""));
    }
}
