//! The report as a page that needs nothing besides itself.

use std::fmt::Write as _;

use super::plot::{bars, escape};
use super::{Measured, Report};
use crate::figure::Figure;
use crate::text::standing;

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub(super) fn render(report: &Report) -> String {
    let scenarios: String = report.scenarios.iter().map(section).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Tenantry: measurements</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Tenantry: measurements</h1>\n{}{}{scenarios}</main>\n</body>\n</html>\n",
        facts(report),
        summary(report),
    )
}

/// What the figures were had on, and how.
fn facts(report: &Report) -> String {
    let machine = &report.machine;
    let settings = &report.settings;
    let mut facts = vec![
        (
            "Machine",
            format!(
                "{}, {} hardware threads, {} MiB; everything ran on it",
                machine.processor, machine.threads, machine.memory
            ),
        ),
        (
            "Load",
            format!("{} when the run ended (average of a minute)", machine.load),
        ),
        ("Kernel", machine.kernel.clone()),
        ("Versions", machine.versions.join("; ")),
    ];
    facts.extend(settings.commit.clone().map(|commit| ("Commit", commit)));
    facts.extend(settings.remark.clone().map(|remark| ("Remark", remark)));
    if settings.quick {
        facts.push(("Quick run", "too short to be quoted".to_owned()));
    }
    if let Some(seconds) = settings.seconds {
        facts.push(("Length of a round", format!("{seconds} s")));
    }
    if !settings.without.is_empty() {
        let names: Vec<&str> = settings.without.iter().map(|program| program.name()).collect();
        facts.push(("Left out", names.join(", ")));
    }
    let rows = facts.iter().fold(String::new(), |mut rows, (name, value)| {
        let _ = write!(rows, "<dt>{name}</dt><dd>{}</dd>", escape(value));
        rows
    });
    format!("<dl>{rows}</dl>\n")
}

/// How many targets are met.
fn summary(report: &Report) -> String {
    let held: Vec<bool> = report.figures().filter_map(Figure::judge).collect();
    let met = held.iter().filter(|passes| **passes).count();
    format!(
        "<p>{met} of {} targets met. A bar reaches to the median round, the line over it from the least round to \
         the most; ratios are the median of rounds that stood beside each other in time.</p>\n",
        held.len()
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
