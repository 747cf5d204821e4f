//! Tables for a terminal.

use std::io::Write;

use crate::figure::Figure;
use crate::run::Outcome;
use crate::scenarios::{SCENARIOS, Scenario};
use crate::spread::Spread;

/// The widest name of a figure that keeps its place in the table.
const NAME: usize = 52;

/// About so many seconds, in words.
pub(crate) fn duration(seconds: u64) -> String {
    if seconds < 90 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}

/// The scenarios, a line each.
pub(crate) fn list(out: &mut impl Write) -> anyhow::Result<()> {
    for entry in SCENARIOS {
        let Scenario { name, summary, .. } = entry.scenario;
        let quick = if entry.quick_set { "quick set" } else { "" };
        let takes = duration(entry.full);
        writeln!(out, "{name:<13}{takes:<12}{quick:<11}{summary}")?;
    }
    writeln!(
        out,
        "\nThe quick set runs without a name, in shorter rounds; `full` is every scenario."
    )?;
    Ok(())
}

/// A scenario's figures, each with what it is compared with below it.
pub(crate) fn table(out: &mut impl Write, scenario: &Scenario, outcome: &Outcome) -> anyhow::Result<()> {
    writeln!(out, "\n{}: {}", scenario.name, scenario.summary)?;
    for figure in &outcome.figures {
        line(out, &figure.name, &figure.value, &figure.unit)?;
        if let Some(comparator) = &figure.comparator {
            line(
                out,
                &format!("  {}", comparator.name),
                &comparator.value,
                &figure.unit,
            )?;
        }
        if let Some(standing) = standing(figure) {
            writeln!(out, "  {:<NAME$}{standing}", "")?;
        }
    }
    for note in &outcome.notes {
        writeln!(out, "  {note}")?;
    }
    Ok(())
}

fn line(out: &mut impl Write, name: &str, value: &Spread, unit: &str) -> anyhow::Result<()> {
    let around = if value.rounds > 1 {
        format!(
            "  ({} … {}, {} rounds)",
            number(value.low),
            number(value.high),
            value.rounds
        )
    } else {
        String::new()
    };
    writeln!(out, "  {name:<NAME$}{:>12} {unit}{around}", number(value.median))?;
    Ok(())
}

/// Ratio and target of a figure, in words.
pub(crate) fn standing(figure: &Figure) -> Option<String> {
    let ratio = figure
        .ratio
        .map(|ratio| format!("ratio {}", number(ratio.median)));
    let target = figure.target.map(|target| {
        let met = if figure.judge() == Some(true) {
            "met"
        } else {
            "MISSED"
        };
        format!("target {target}: {met}")
    });
    let parts: Vec<String> = ratio.into_iter().chain(target).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// With as many places as a figure of its size needs, and commas in thousands.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if size < 10.0 {
        return trimmed(format!("{value:.2}"));
    }
    if size < 1_000.0 {
        return trimmed(format!("{value:.1}"));
    }
    let digits = format!("{size:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0.0 {
        format!("-{grouped}")
    } else {
        grouped
    }
}

/// Without zeros that say nothing.
fn trimmed(number: String) -> String {
    match number.strip_suffix(".00").or_else(|| number.strip_suffix(".0")) {
        Some(whole) => whole.to_owned(),
        None => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_places_that_it_needs() {
        for (value, text) in [
            (0.0, "0"),
            (1.234, "1.23"),
            (1.20, "1.20"),
            (12.34, "12.3"),
            (50.0, "50"),
            (999.96, "1000"),
            (1_234.5, "1,234"),
            (47_700_000.0, "47,700,000"),
            (-1_234.0, "-1,234"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_missed_target_is_seen() {
        let figure = Figure::compared("rate", "/s", &[1.0], "other", &[2.0]);
        assert_eq!(standing(&figure).unwrap(), "ratio 0.50");
        let held = figure.ratio_at_least(0.9);
        assert_eq!(standing(&held).unwrap(), "ratio 0.50, target ratio ≥ 0.9: MISSED");
    }
}
