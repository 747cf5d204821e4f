//! `/admin/v1/doctor`: whether tenants are kept apart.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::{get, post};
use control_plane::doctor::{Examination, Examinations, Report};
use serde::Serialize;
use web::{Code, NoBody, NoQuery, Problem};

use crate::routes::Route;

/// The routes of the doctor.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at("/admin/v1/doctor")
            .viewer(get(last))
            .operator(post(examine)),
    ]
}

/// An examination, as it is shown.
#[derive(Serialize)]
struct ExaminationView {
    /// Whether tenants are served.
    serving: bool,
    /// Milliseconds since it was through.
    age_ms: u64,
    #[serde(flatten)]
    report: Report,
}

impl ExaminationView {
    fn of(examination: &Arc<Examination>, examinations: &Examinations) -> Json<Self> {
        Json(Self {
            serving: examinations.isolated(),
            age_ms: u64::try_from(examination.at.elapsed().as_millis()).unwrap_or(u64::MAX),
            report: examination.report.clone(),
        })
    }
}

/// `GET`: the last report.
async fn last(
    State(examinations): State<Examinations>,
    _: NoQuery,
) -> Result<Json<ExaminationView>, Problem> {
    let last = examinations.last();
    last.map(|last| ExaminationView::of(&last, &examinations))
        .ok_or_else(|| Problem::new(Code::NotFound).detail("nothing was examined yet; POST examines"))
}

/// `POST`: examines now. What is found stops nothing that serves; what is not found any more lets a service begin that
/// has waited for it.
async fn examine(State(examinations): State<Examinations>, _: NoQuery, _: NoBody) -> Json<ExaminationView> {
    let examination = examinations.examine().await;
    ExaminationView::of(&examination, &examinations)
}
