//! [`Json`]: extractor of a JSON request body, and JSON response.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header::CONTENT_TYPE};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{body::whole_body, media_type::is_json};
use crate::error::{Code, Problem};
use crate::read;

/// As a handler's parameter, the request's body, a JSON object; as its result, a JSON response.
///
/// | what is wrong with a body | code |
/// |---|---|
/// | no `content-type`, another one, or a compressed body | `MEDIA_TYPE` |
/// | longer than the [stack's](crate::stack) limit (axum's default of 2 MB without it) | `BODY_TOO_LARGE` |
/// | a pause longer than allowed | `REQUEST_TIMEOUT` |
/// | cut short, not UTF-8, not JSON, no object, more behind it, nested deeper than 127, a name twice in an object | `MALFORMED` |
/// | [fields](crate::read) | `VALIDATION`, with each of them |
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Code::MediaType.into());
        }
        read::json(&whole_body(request).await?).map(Self)
    }
}

/// Room for a page of ten, so that the buffer seldom grows.
const CAPACITY: usize = 2048;

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut body = Vec::with_capacity(CAPACITY);
        if let Err(error) = serde_json::to_writer(&mut body, &self.0) {
            return Problem::internal(error).into_response();
        }
        // For readers in a terminal.
        body.push(b'\n');
        (
            [(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
            body,
        )
            .into_response()
    }
}
