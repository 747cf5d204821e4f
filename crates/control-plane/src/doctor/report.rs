//! An examination's result as a whole.

use std::time::Duration;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use super::{Finding, Severity};

/// What an examination found, errors first.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether no error was found. Warnings do not count.
    pub sound: bool,
    /// Whether all could be asked that there was to ask. What could not is a finding, and an error.
    pub complete: bool,
    /// Everything that was found.
    pub findings: Vec<Finding>,
    /// The databases that were read.
    pub examined: Vec<String>,
    /// What the probe tried; `None` where none was asked for or none could be made.
    pub probed: Option<Probed>,
    /// When it began, by the clock of the tenants' database; `None` where that could not be asked.
    #[serde(serialize_with = "time::serde::rfc3339::option::serialize")]
    pub examined_at: Option<OffsetDateTime>,
    /// How long it all took.
    #[serde(rename = "took_ms", serialize_with = "milliseconds")]
    pub took: Duration,
}

/// What the live probe tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// Tables with a marked row of the victim's.
    pub tables: usize,
    /// Attempts of the attacker's.
    pub attempts: usize,
}

impl Report {
    pub(super) fn new(
        mut findings: Vec<Finding>,
        examined: Vec<String>,
        probed: Option<Probed>,
        took: Duration,
    ) -> Self {
        findings.sort_by(|a, b| key(a).cmp(&key(b)));
        findings.dedup();
        Self {
            complete: !findings.iter().any(Finding::is_gap),
            sound: !findings.iter().any(|finding| finding.severity == Severity::Error),
            findings,
            examined,
            probed,
            examined_at: None,
            took,
        }
    }

    /// The same at this time.
    pub(super) fn at(mut self, examined_at: Option<OffsetDateTime>) -> Self {
        self.examined_at = examined_at;
        self
    }

    /// How many findings there are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// Writes every finding into the log, and what they come to.
    pub fn log(&self) {
        for finding in &self.findings {
            let Finding {
                code,
                place,
                object,
                wrong,
                risk,
                remedy,
                ..
            } = finding;
            let remedy = remedy.as_deref().unwrap_or_default();
            match finding.severity {
                Severity::Error => tracing::error!(code, %place, %object, risk, remedy, "doctor: {wrong}"),
                Severity::Warning => tracing::warn!(code, %place, %object, risk, remedy, "doctor: {wrong}"),
            }
        }
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        let took_ms = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        if self.sound {
            tracing::info!(sound = true, errors, warnings, took_ms, "isolation was examined");
        } else {
            tracing::warn!(sound = false, errors, warnings, took_ms, "isolation was examined");
        }
    }
}

/// By weight, then in an order in which the remedies can be run.
fn key(finding: &Finding) -> (Severity, &str, &str, &str, &str) {
    (
        finding.severity,
        &finding.place,
        finding.code,
        &finding.object,
        &finding.wrong,
    )
}

fn milliseconds<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
