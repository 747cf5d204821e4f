//! `/admin/v1/doctor`: examination of tenant isolation.

use std::time::Duration;

use axum::extract::State;
use control_plane::AuditAction;
use isolation_doctor::{Examination, Examinations, Finding, Severity};
use web::{Code, Json, NoBody, NoQuery, Problem, operation};

use crate::routes::Route;

const PATH: &str = "/admin/v1/doctor";

/// Routes for the doctor.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::viewer(AuditAction::DoctorShow, operation!(last, [Code::NotFound])),
        Route::operator(AuditAction::DoctorExamine, operation!(examine)),
    ]
}

/// Shows an examination.
fn shown(examination: &Examination, examinations: &Examinations) -> Json<admin_types::Examination> {
    let report = &examination.report;
    Json(admin_types::Examination {
        serving: Some(examinations.isolated()),
        age_ms: Some(milliseconds(examination.at.elapsed())),
        sound: report.sound,
        complete: Some(report.complete),
        findings: report.findings.iter().cloned().map(finding).collect(),
        examined: report.examined.clone(),
        probed: report.probed.map(|probed| admin_types::Probed {
            tables: probed.tables as u64,
            attempts: probed.attempts as u64,
        }),
        examined_at: report.examined_at,
        took_ms: milliseconds(report.took),
    })
}

fn finding(finding: Finding) -> admin_types::Finding {
    admin_types::Finding {
        code: finding.code.into(),
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
        .into(),
        place: finding.place,
        object: finding.object,
        wrong: finding.wrong,
        risk: finding.risk.into(),
        remedy: finding.remedy,
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Show the last examination
#[utoipa::path(
    get,
    path = PATH,
    operation_id = "showExamination",
    responses((status = 200, body = admin_types::Examination, description = "The last examination."))
)]
async fn last(
    State(examinations): State<Examinations>,
    _: NoQuery,
) -> Result<Json<admin_types::Examination>, Problem> {
    let last = examinations.last();
    last.map(|last| shown(&last, &examinations))
        .ok_or_else(|| Problem::new(Code::NotFound).detail("no examination has run yet; POST runs one"))
}

/// Examine now
///
/// An error does not stop a service that serves tenants; a report without errors starts one that waits for it.
#[utoipa::path(
    post,
    path = PATH,
    operation_id = "examine",
    responses((status = 200, body = admin_types::Examination, description = "The new examination."))
)]
async fn examine(
    State(examinations): State<Examinations>,
    _: NoQuery,
    _: NoBody,
) -> Json<admin_types::Examination> {
    let examination = examinations.examine().await;
    shown(&examination, &examinations)
}
