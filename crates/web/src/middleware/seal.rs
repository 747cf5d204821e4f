//! The last look at a response before it leaves.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use super::{RequestId, request_id};
use crate::error::{CONTENT_TYPE, Code, Problem, sealed};

/// Completes the problem that a response carries, and makes one of an error that carries none: axum's own
/// rejections, or a handler's bare status. Sets the headers that every response has.
pub(super) fn seal(mut response: Response, id: &RequestId) -> Response {
    let carried = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = carried.or_else(|| foreign(&response, id)) {
        log_cause(&problem, id);
        response = sealed(response, &problem, Some(id.as_str()));
        response.extensions_mut().insert(problem.code());
    }
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id.header_value());
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // A tenant's data must not lie in a shared cache; a route that knows better says so itself.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The problem for an error that is none of ours.
fn foreign(response: &Response, id: &RequestId) -> Option<Problem> {
    let status = response.status();
    let ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == CONTENT_TYPE);
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    if status.is_server_error() {
        tracing::error!(
            request_id = id.as_str(),
            status = status.as_u16(),
            "a handler failed without a problem"
        );
    }
    Some(Problem::new(code_for(status)))
}

/// The code that says no more than the status does.
fn code_for(status: StatusCode) -> Code {
    match status {
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::Forbidden,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        StatusCode::CONFLICT => Code::Conflict,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::URI_TOO_LONG => Code::UriTooLong,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::MediaType,
        StatusCode::UNPROCESSABLE_ENTITY => Code::Validation,
        StatusCode::GATEWAY_TIMEOUT => Code::DeadlineExceeded,
        other if other.is_server_error() => Code::Internal,
        _ => Code::Malformed,
    }
}

/// Writes what is behind a problem, once, for who looks up the request's id.
fn log_cause(problem: &Problem, id: &RequestId) {
    let Some(cause) = problem.cause_chain() else {
        return;
    };
    let (request_id, code) = (id.as_str(), problem.code().name());
    if problem.code() == Code::Internal {
        tracing::error!(request_id, code, cause, "a request failed");
    } else {
        tracing::warn!(request_id, code, cause, "a request failed");
    }
}
