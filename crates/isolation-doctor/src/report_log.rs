//! Log lines of a report.

use crate::finding::Finding;
use crate::report::Report;
use crate::severity::Severity;

/// Findings that differ in nothing but object, description and SQL.
#[derive(Debug, PartialEq, Eq)]
struct Alike<'a> {
    first: &'a Finding,
    count: usize,
    objects: String,
    wrong: String,
    remedies: String,
}

impl Report {
    /// Logs the findings, those that are alike in one line, and a summary.
    pub fn log(&self) {
        for alike in grouped(&self.findings) {
            let Alike {
                first,
                count,
                objects,
                wrong,
                remedies,
            } = &alike;
            let Finding {
                code, place, risk, ..
            } = first;
            match first.severity {
                Severity::Error => {
                    tracing::error!(
                        code,
                        place,
                        count,
                        object = objects,
                        wrong,
                        risk,
                        remedy = remedies,
                        "doctor: error"
                    );
                }
                Severity::Warning => {
                    tracing::warn!(
                        code,
                        place,
                        count,
                        object = objects,
                        wrong,
                        risk,
                        remedy = remedies,
                        "doctor: warning"
                    );
                }
            }
        }
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        let took_ms = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        if self.sound {
            tracing::info!(sound = true, errors, warnings, took_ms, "isolation examined");
        } else {
            tracing::warn!(sound = false, errors, warnings, took_ms, "isolation examined");
        }
    }
}

/// A report's findings are sorted by severity, place and code. A managed PostgreSQL has dozens that differ in the object
/// alone.
fn grouped(findings: &[Finding]) -> Vec<Alike<'_>> {
    let groups = findings.chunk_by(is_alike);
    groups
        .filter_map(|alike| {
            Some(Alike {
                first: alike.first()?,
                count: alike.len(),
                objects: joined(alike.iter().map(|finding| finding.object.as_str()), ", "),
                wrong: joined(alike.iter().map(|finding| finding.wrong.as_str()), "; "),
                remedies: joined(alike.iter().filter_map(|finding| finding.remedy.as_deref()), "; "),
            })
        })
        .collect()
}

fn is_alike(one: &Finding, other: &Finding) -> bool {
    one.severity == other.severity
        && one.place == other.place
        && one.code == other.code
        && one.risk == other.risk
        && one.remedy.is_some() == other.remedy.is_some()
}

/// The texts, without one that repeats the one before.
fn joined<'a>(texts: impl Iterator<Item = &'a str>, between: &str) -> String {
    let mut texts: Vec<_> = texts.collect();
    texts.dedup();
    texts.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_that_are_alike_share_a_line() {
        let finding = |place: &str, object: &str, wrong: &str, remedy: Option<&str>| {
            Finding::new("SYSTEM_FUNCTION_OPEN", place, object, wrong).with_remedy(remedy.map(str::to_owned))
        };
        let findings = [
            finding("a", "lo_get(oid)", "PUBLIC may execute it", Some("REVOKE 1")),
            finding(
                "a",
                "lo_put(oid)",
                "PUBLIC may execute it",
                Some("REVOKE 2; REVOKE 3"),
            ),
            finding("a", "lo_put(oid)", "nobody may", None),
            finding("b", "lo_get(oid)", "PUBLIC may execute it", Some("REVOKE 4")),
        ];
        let shown: Vec<_> = grouped(&findings)
            .into_iter()
            .map(|alike| (alike.count, alike.objects, alike.wrong, alike.remedies))
            .collect();
        let line = |count, objects: &str, wrong: &str, remedies: &str| {
            (count, objects.to_owned(), wrong.to_owned(), remedies.to_owned())
        };
        assert_eq!(
            shown,
            [
                line(
                    2,
                    "lo_get(oid), lo_put(oid)",
                    "PUBLIC may execute it",
                    "REVOKE 1; REVOKE 2; REVOKE 3"
                ),
                line(1, "lo_put(oid)", "nobody may", ""),
                line(1, "lo_get(oid)", "PUBLIC may execute it", "REVOKE 4"),
            ]
        );
    }
}
