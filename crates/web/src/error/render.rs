//! A [`Problem`] as a response: `application/problem+json`, RFC 9457.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header, response::Parts};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema};

use super::{FieldError, Problem};

/// The media type of every error's body.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// Which media types a PATCH takes (RFC 5789).
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// An error, as RFC 9457 has it. Its members are in the order in which a person reads them.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
struct Members<'a> {
    /// The code as a URN.
    #[serde(rename = "type")]
    kind: String,
    /// What happened, in one line that is the same for each code.
    #[schema(value_type = String)]
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable code, to match on.
    #[schema(value_type = String)]
    code: &'static str,
    /// What is particular to this one; where there is nothing, what to do.
    #[schema(value_type = String)]
    detail: &'a str,
    /// Every wrong field of a `VALIDATION`.
    #[schema(value_type = Vec<FieldError>)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// Seconds until another attempt may succeed, as in `Retry-After`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// The request's id, as it stands in logs.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// The schemas of a problem's body, by name.
pub(crate) fn problem_schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = Vec::new();
    Members::schemas(&mut schemas);
    schemas.push((Members::name().into_owned(), Members::schema()));
    schemas
}

impl Problem {
    /// A response without a body, for a layer inside the stack: the middleware renders the problem.
    pub(crate) fn unrendered<B: Default>(self) -> http::Response<B> {
        let mut response = http::Response::default();
        *response.status_mut() = self.code().status();
        response.extensions_mut().insert(self);
        response
    }

    /// The body with an id of a request, as an example.
    pub(crate) fn example(&self) -> serde_json::Value {
        let text = self.body(Some("01a20771-3b21-7028-b138-af92773bb65a"));
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The body's text. Only the middleware knows `request_id`.
    fn body(&self, request_id: Option<&str>) -> String {
        let members = Members {
            kind: format!(
                "urn:tenantry:problem:{}",
                self.code().name().to_ascii_lowercase().replace('_', "-")
            ),
            title: self.code().title(),
            status: self.code().status().as_u16(),
            code: self.code().name(),
            detail: self.0.detail.as_deref().unwrap_or(self.code().advice()),
            errors: &self.0.errors,
            retry_after: self.retry_after_seconds(),
            request_id,
        };
        // Strings and numbers only: this does not fail, and if it did, status and headers still say enough.
        let mut text = serde_json::to_string(&members).unwrap_or_default();
        // For readers in a terminal.
        text.push('\n');
        text
    }
}

/// Writes `problem` into `head`: its status and headers. Headers that a router or layer has set, such as `Allow`, are
/// kept. Returns the body's text.
pub(crate) fn render(problem: &Problem, head: &mut Parts, request_id: Option<&str>) -> String {
    head.status = problem.code().status();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    if let Some(seconds) = problem.retry_after_seconds() {
        head.headers
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(challenge) = problem.challenged() {
        head.headers
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Some(types) = problem.0.accept_patch {
        head.headers.insert(ACCEPT_PATCH, HeaderValue::from_static(types));
    }
    problem.body(request_id)
}

/// Leaves the problem and its [`Code`](crate::Code) in the response's extensions: the middleware adds the request's id,
/// and logs the cause.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (mut head, ()) = http::Response::new(()).into_parts();
        let text = render(&self, &mut head, None);
        head.extensions.insert(self.code());
        head.extensions.insert(self);
        Response::from_parts(head, Body::from(text))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Code;

    crate::plane_codes! {
        CLUSTER_BUSY SERVICE_UNAVAILABLE retry 1 "Busy" "Retry.";
    }

    async fn parts(problem: Problem) -> (http::response::Parts, Value) {
        let (head, body) = problem.into_response().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_problem_has_the_shape_of_rfc_9457() {
        let wrong = FieldError {
            field: "name".into(),
            detail: "is required".into(),
        };
        let (head, body) = parts(Problem::validation(vec![wrong]).detail("look again")).await;
        assert_eq!(head.status, 422);
        assert_eq!(head.headers["content-type"], "application/problem+json");
        assert_eq!(
            body,
            json!({
                "type": "urn:tenantry:problem:validation",
                "title": "Some fields are wrong",
                "status": 422,
                "code": "VALIDATION",
                "detail": "look again",
                "errors": [{"field": "name", "detail": "is required"}],
            })
        );
        assert_eq!(head.extensions.get::<Code>(), Some(&Code::Validation));
    }

    #[tokio::test]
    async fn the_text_ends_its_line() {
        let (_, body) = Problem::new(CLUSTER_BUSY).into_response().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        assert!(body.ends_with(b"}\n"));
    }

    #[tokio::test]
    async fn a_cause_never_reaches_the_body() {
        let (_, body) = parts(Problem::internal("password=hunter2")).await;
        assert!(!body.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn headers_follow_the_code() {
        let (head, body) = parts(Problem::new(CLUSTER_BUSY)).await;
        assert_eq!(head.headers["retry-after"], "1");
        assert_eq!(body["retry_after"], 1);
        assert_eq!(body["type"], "urn:tenantry:problem:cluster-busy");
        let (head, _) = parts(Problem::new(Code::Unauthenticated)).await;
        assert_eq!(head.headers["www-authenticate"], "Bearer");
        let problem = Problem::new(Code::Forbidden).challenge("Bearer scope=\"write\"");
        let (head, _) = parts(problem).await;
        assert_eq!(head.headers["www-authenticate"], "Bearer scope=\"write\"");
        let (head, _) = parts(Problem::new(Code::Forbidden)).await;
        assert!(!head.headers.contains_key("www-authenticate"));
    }
}
