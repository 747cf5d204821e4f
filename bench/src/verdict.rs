//! Verdict over a report: each figure against its target.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::figure::Figure;
use crate::report::Report;
use crate::text;

/// Prints how each figure with a target stands; 1 when one misses, or when there is none to hold.
///
/// # Errors
/// When the file is no report.
pub(crate) fn run(file: &Path, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let report: Report =
        serde_json::from_slice(&content).with_context(|| format!("{} is no report", file.display()))?;
    let figures: Vec<&Figure> = report.figures().collect();
    Ok(if judge(&figures, out)? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether there are targets and all are met. What the report says of itself is not believed: each figure is judged
/// anew.
fn judge(figures: &[&Figure], out: &mut impl Write) -> anyhow::Result<bool> {
    let mut held = 0_usize;
    let mut missed = 0_usize;
    for figure in figures {
        let Some(passes) = figure.judge() else { continue };
        held += 1;
        missed += usize::from(!passes);
        let standing = text::standing(figure).unwrap_or_default();
        let value = text::number(figure.value.median);
        writeln!(
            out,
            "{:<7}{}: {}: {value} {}, {standing}",
            if passes { "met" } else { "MISSED" },
            figure.scenario,
            figure.name,
            figure.unit
        )?;
    }
    writeln!(out, "{held} targets, {missed} missed")?;
    Ok(held > 0 && missed == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(figures: &[Figure]) -> (bool, String) {
        let mut out = Vec::new();
        let passes = judge(&figures.iter().collect::<Vec<_>>(), &mut out).unwrap();
        (passes, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_single_missed_target_fails_the_verdict() {
        let good = || Figure::new("errors", "", &[0.0]).at_most(0.0);
        let bad = || Figure::compared("rate", "/s", &[1.0], "other", &[2.0]).ratio_at_least(0.9);
        assert!(verdict(&[good()]).0);
        let (passes, text) = verdict(&[good(), bad()]);
        assert!(!passes);
        assert!(text.contains("MISSED : rate: 1 /s, ratio 0.50"), "{text}");
        assert!(text.ends_with("2 targets, 1 missed\n"), "{text}");
    }

    #[test]
    fn claimed_verdicts_of_a_report_are_recomputed() {
        let mut figure = Figure::new("errors", "", &[3.0]).at_most(0.0);
        figure.passes = Some(true);
        assert!(!verdict(&[figure]).0);
    }

    #[test]
    fn a_report_without_targets_proves_nothing() {
        assert!(!verdict(&[]).0);
        assert!(!verdict(&[Figure::new("rate", "/s", &[1.0])]).0);
    }
}
