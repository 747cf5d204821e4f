//! No tenant is served before it is known that tenants are kept apart.

use axum::extract::Request;
use control_plane::doctor::Examinations;
use web::Code;
use web::middleware::Admission;

/// Answers `NOT_ISOLATED` until one of these examinations has found nothing. Never closes again.
#[derive(Clone)]
pub(crate) struct Gate(pub(crate) Examinations);

impl Admission for Gate {
    fn admit(&self, _: &Request) -> Result<(), Code> {
        self.0.isolated().then_some(()).ok_or(Code::NotIsolated)
    }
}
