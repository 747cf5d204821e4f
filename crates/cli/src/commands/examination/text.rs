//! Examinations for people: each finding with its place, its risk and the SQL that closes it.

use std::fmt;
use std::time::Duration;

use admin_types::{Examination, Finding};
use humantime_serde::re::humantime::format_duration;

use super::verdict::Verdict;
use crate::text::{counted, printable};

/// An examination for people.
pub(super) struct Text<'a>(pub(super) &'a Examination);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(examination) = self;
        for finding in &examination.findings {
            show(finding, f)?;
        }
        f.write_str(match Verdict::of(examination) {
            Verdict::NotKnown => {
                "It is NOT KNOWN whether tenants are kept apart: not everything could be examined."
            }
            Verdict::Unsound => "Tenants are NOT KEPT APART.",
            Verdict::Sound => "Tenants are kept apart.",
        })?;
        match examination.serving {
            None => {}
            // The decision of the service, not its availability.
            Some(true) => f.write_str(" Tenants are let in.")?,
            Some(false) => {
                f.write_str(" Tenants are NOT let in until the service has found that they are.")?;
            }
        }
        let (mut errors, mut warnings) = (0, 0);
        for finding in &examination.findings {
            *(if is_error(finding) {
                &mut errors
            } else {
                &mut warnings
            }) += 1;
        }
        write!(
            f,
            "\n{}, {}. Read: {}. ",
            counted(errors, "error"),
            counted(warnings, "warning"),
            if examination.examined.is_empty() {
                "nothing".to_owned()
            } else {
                printable(&examination.examined.join(", "))
            },
        )?;
        match &examination.probed {
            Some(probed) => write!(
                f,
                "Probed: {} on {}. ",
                counted(probed.attempts, "attempt"),
                counted(probed.tables, "table"),
            )?,
            None => f.write_str("Not probed. ")?,
        }
        write!(f, "Took {} ms", examination.took_ms)?;
        if let Some(age) = examination.age_ms.map(|age| Duration::from_secs(age / 1000))
            && !age.is_zero()
        {
            write!(f, ", {} ago", format_duration(age))?;
        }
        f.write_str(".")
    }
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == "error"
}

/// Names in it may have been chosen by an attacker, so they are escaped.
fn show(finding: &Finding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let weight = if is_error(finding) { "ERROR" } else { "warning" };
    let place = printable(&finding.place);
    writeln!(f, "{weight}  {}  in {place}", printable(&finding.code))?;
    writeln!(
        f,
        "    {}: {}.",
        printable(&finding.object),
        printable(&finding.wrong)
    )?;
    writeln!(f, "    {}", printable(&finding.risk))?;
    match &finding.remedy {
        Some(remedy) => {
            writeln!(f, "    To close it, in {place}:")?;
            for statement in remedy.split("; ") {
                writeln!(f, "        {};", printable(statement))?;
            }
        }
        None => writeln!(f, "    No SQL closes it.")?,
    }
    writeln!(f)
}
