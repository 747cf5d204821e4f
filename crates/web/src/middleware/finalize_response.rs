//! The last step before a response leaves: problems are rendered, foreign errors replaced, headers set.

use axum::body::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};

use super::{LogContext, ResponseBody, cause_log::CauseLog, request_id};
use crate::error::{CONTENT_TYPE, Code, Problem, render};

/// Loads nothing, runs nothing, and is shown in no frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Renders the problem that a response carries, or one in place of an error that carries none: a rejection of axum, a
/// bare status of a handler or of one of tower-http's layers. Sets the headers that every response has.
pub(super) fn finalize_response(
    mut response: Response<ResponseBody>,
    context: &LogContext,
    causes: &CauseLog,
) -> Response<ResponseBody> {
    let carried = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = carried.or_else(|| foreign(&response, context)) {
        causes.log(&problem, context);
        let (mut head, _) = response.into_parts();
        let text = render(&problem, &mut head, Some(context.request_id()));
        head.extensions.insert(problem.code());
        let body = if context.0.method == Method::HEAD {
            head.headers
                .insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
            ResponseBody::default()
        } else {
            ResponseBody::new(Full::new(Bytes::from(text)).map_err(|never| match never {}))
        };
        response = Response::from_parts(head, body);
    }
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, context.0.request_id.clone());
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // What a caller may see must not lie in a shared cache; a route can say otherwise.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Nothing of an API is a page; one that is has a policy of its own.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    response
}

/// The problem for an error without one.
fn foreign(response: &Response<ResponseBody>, context: &LogContext) -> Option<Problem> {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == CONTENT_TYPE);
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let code = code_for(status);
    if code == Code::Internal {
        tracing::error!(
            plane = context.plane(),
            method = context.0.method.as_str(),
            path = &*context.path(),
            request_id = context.request_id(),
            status = status.as_u16(),
            "a handler returned an error status without a problem"
        );
    }
    Some(Problem::new(code))
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
