//! Rejection of tenant requests until the doctor finds no error.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use isolation_doctor::Examinations;
use tower_http::validate_request::ValidateRequest;
use web::Problem;

/// Answers `NOT_ISOLATED` while [`Examinations::isolated`] says no.
#[derive(Clone)]
pub(crate) struct Gate(pub(crate) Examinations);

impl ValidateRequest<Body> for Gate {
    type ResponseBody = Body;

    fn validate(&mut self, _: &mut Request) -> Result<(), Response> {
        self.0
            .isolated()
            .then_some(())
            .ok_or_else(|| Problem::new(api::codes::NOT_ISOLATED).into_response())
    }
}
