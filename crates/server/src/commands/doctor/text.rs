//! A report for a person to read, late at night: what, where, why it matters, and what to run.

use std::fmt;
use std::time::Duration;

use humantime_serde::re::humantime::format_duration;

use super::shown::{Found, Shown, Verdict};
use crate::output::{counted, printable};

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            show(finding, f)?;
        }
        f.write_str(match self.verdict() {
            Verdict::NotKnown => "It is NOT KNOWN whether tenants are kept apart: not all could be examined.",
            Verdict::Unsound => "Tenants are NOT KEPT APART.",
            Verdict::Sound => "Tenants are kept apart.",
        })?;
        match self.serving {
            None => {}
            // What the service decided, and not whether it could serve just now.
            Some(true) => f.write_str(" Tenants are let in.")?,
            Some(false) => {
                f.write_str(" Tenants are NOT let in until the service has found that they are.")?;
            }
        }
        let (mut errors, mut warnings) = (0, 0);
        for finding in &self.findings {
            *(if finding.is_error() {
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
            if self.examined.is_empty() {
                "nothing".to_owned()
            } else {
                printable(&self.examined.join(", "))
            },
        )?;
        match &self.probed {
            Some(probed) => write!(
                f,
                "Probed: {} on {}. ",
                counted(probed.attempts, "attempt"),
                counted(probed.tables, "table"),
            )?,
            None => f.write_str("Not probed. ")?,
        }
        write!(f, "Took {} ms", self.took_ms)?;
        if let Some(age) = self.age_ms.map(|age| Duration::from_secs(age / 1000))
            && !age.is_zero()
        {
            write!(f, ", {} ago", format_duration(age))?;
        }
        f.write_str(".")
    }
}

impl Found {
    fn is_error(&self) -> bool {
        self.severity == "error"
    }
}

/// What names are in it may have been chosen by anybody: they are shown and not obeyed by a terminal.
fn show(finding: &Found, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let weight = if finding.is_error() { "ERROR" } else { "warning" };
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
