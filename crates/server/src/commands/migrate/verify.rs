//! Verification of what the migrations made, by the doctor's catalogue rules.

use std::fmt;

use cli::text::{counted, printable};
use config::Settings;
use isolation_doctor::{Doctor, Finding, Severity};

use crate::clusters;

/// Reads the catalogs as the doctor does, without its probe, and logs every finding. An error is a refusal, unless the
/// service would serve in spite of it.
pub(super) async fn verify(settings: &Settings) -> anyhow::Result<()> {
    let targets = clusters::doctor_settings(settings, clusters::operator)?;
    let report = Doctor::new(targets).examine(false).await;
    report.log();
    if report.sound || !settings.doctor.on_start {
        return Ok(());
    }
    let errors = report.findings.into_iter();
    Err(NotIsolated(
        errors
            .filter(|finding| finding.severity == Severity::Error)
            .collect(),
    )
    .into())
}

/// Tenants would not be served: the errors that were found.
#[derive(Debug, thiserror::Error)]
struct NotIsolated(Vec<Finding>);

impl fmt::Display for NotIsolated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the migrations are applied, but no tenant would be served (NOT_ISOLATED): {}",
            counted(u64::try_from(self.0.len()).unwrap_or(u64::MAX), "finding")
        )?;
        for finding in &self.0 {
            let Finding {
                code,
                place,
                object,
                wrong,
                remedy,
                ..
            } = finding;
            let (place, object, wrong) = (printable(place), printable(object), printable(wrong));
            write!(f, "\n  {code} in {place}: {object}: {wrong}")?;
            for statement in remedy.iter().flat_map(|remedy| remedy.split("; ")) {
                write!(f, "\n      {};", printable(statement))?;
            }
        }
        f.write_str(
            "\nMigrations that are applied stay. Put the SQL into a further migration, or run it there, and migrate again.",
        )
    }
}
