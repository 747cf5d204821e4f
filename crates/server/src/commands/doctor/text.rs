//! A report for a person to read, late at night: what, where, why it matters, and what to run.

use std::fmt;

use control_plane::doctor::{Finding, Report, Severity};

/// Shows a report.
pub(super) struct Text<'a>(pub(super) &'a Report);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
        for finding in &report.findings {
            show(finding, f)?;
        }
        let verdict = match (report.complete(), report.sound) {
            (false, _) => "It is NOT KNOWN whether tenants are kept apart: not all could be examined.",
            (true, false) => "Tenants are NOT KEPT APART.",
            (true, true) => "Tenants are kept apart.",
        };
        writeln!(f, "{verdict}")?;
        write!(
            f,
            "{}, {}. Read: {}. ",
            counted(errors, "error"),
            counted(warnings, "warning"),
            if report.examined.is_empty() {
                "nothing".to_owned()
            } else {
                report.examined.join(", ")
            },
        )?;
        match report.probed {
            Some(probed) => write!(
                f,
                "Probed: {} on {}. ",
                counted(probed.attempts, "attempt"),
                counted(probed.tables, "table"),
            )?,
            None => f.write_str("Not probed. ")?,
        }
        write!(f, "Took {} ms.", report.took.as_millis())
    }
}

fn show(finding: &Finding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let weight = match finding.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "warning",
    };
    writeln!(f, "{weight}  {}  in {}", finding.code, finding.place)?;
    writeln!(f, "    {}: {}.", finding.object, finding.wrong)?;
    writeln!(f, "    {}", finding.risk)?;
    match &finding.remedy {
        Some(remedy) => {
            writeln!(f, "    To close it, in {}:", finding.place)?;
            for statement in remedy.split("; ") {
                writeln!(f, "        {statement};")?;
            }
        }
        None => writeln!(f, "    No SQL closes it.")?,
    }
    writeln!(f)
}

fn counted(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}
