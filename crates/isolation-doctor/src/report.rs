//! Reports of examinations.

use std::time::Duration;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::codes;
use crate::finding::Finding;
use crate::severity::Severity;

/// The result of an examination, errors first.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether there is no error. Warnings do not count.
    pub sound: bool,
    /// Whether everything could be checked. What could not is a finding and an error.
    pub complete: bool,
    /// All findings.
    pub findings: Vec<Finding>,
    /// The databases whose catalogs were read.
    pub examined: Vec<String>,
    /// What the probe did; `None` without a probe.
    pub probed: Option<Probed>,
    /// The start, by the clock of the tenants' database; `None` where that could not be asked.
    #[serde(serialize_with = "time::serde::rfc3339::option::serialize")]
    pub examined_at: Option<OffsetDateTime>,
    /// The duration.
    #[serde(rename = "took_ms", serialize_with = "milliseconds")]
    pub took: Duration,
}

/// The extent of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// Tables with a marked row of the victim.
    pub tables: usize,
    /// Attempts of the attacker.
    pub attempts: usize,
}

impl Report {
    pub(crate) fn new(
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

    /// The same report with this start.
    pub(crate) fn started_at(mut self, examined_at: Option<OffsetDateTime>) -> Self {
        self.examined_at = examined_at;
        self
    }

    /// The same report without findings of this code, which must be a warning's.
    pub(crate) fn without(mut self, code: &str) -> Self {
        self.findings.retain(|finding| finding.code != code);
        self
    }

    /// The same report with a failed probe.
    pub(crate) fn with_failed_probe(mut self, why: &str) -> Self {
        let place = self.examined.first().cloned().unwrap_or_default();
        self.findings
            .push(Finding::new("PROBE_FAILED", &place, "the probe", why));
        Self::new(self.findings, self.examined, self.probed, self.took).started_at(self.examined_at)
    }

    /// Whether the probe is pending because the server is read-only.
    pub(crate) fn awaits_probe(&self) -> bool {
        let code = codes::PROBE_READ_ONLY.code;
        self.findings.iter().any(|finding| finding.code == code)
    }

    /// Whether a finding proves that tenants are not isolated.
    pub(crate) fn isolation_is_broken(&self) -> bool {
        self.findings.iter().any(Finding::breaks_isolation)
    }

    /// Whether a finding of the probe proves that tenants are not isolated.
    pub(crate) fn probe_broke_isolation(&self) -> bool {
        let mut broken = self.findings.iter().filter(|finding| finding.breaks_isolation());
        broken.any(|finding| finding.code.starts_with("PROBE_"))
    }

    /// The number of findings of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// By severity, then in an order in which the remedies can be run.
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
