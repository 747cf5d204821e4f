//! Stored responses and their replay.

use axum::body::{Body, to_bytes};
use axum::response::Response;
use control_plane::StoredResponse;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use web::{Code, Problem};

use super::REPLAYED;
use crate::attempts::Audited;
use crate::codes;
use crate::shown_once::StoredBody;

/// Headers that are stored; all others belong to a single response.
const HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// Limit of a stored body, far above any response of this plane.
const MAX_BODY: usize = 1024 * 1024;

/// The response, and its stored form; `None` where another attempt may end differently.
pub(super) async fn split(response: Response) -> Result<(Response, Option<StoredResponse>), Problem> {
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(Problem::internal)?;
    // A secret is sent to this caller only, never stored.
    let redacted = head.extensions.remove::<StoredBody>();
    let stored = is_final(head.status).then(|| StoredResponse {
        status: head.status.as_u16(),
        headers: HEADERS
            .iter()
            .filter_map(|name| {
                let value = head.headers.get(name)?.to_str().ok()?;
                Some((name.to_string(), Value::from(value)))
            })
            .collect(),
        body: redacted
            .map_or_else(|| body.clone(), |StoredBody(body)| body)
            .to_vec(),
    });
    Ok((Response::from_parts(head, Body::from(body)), stored))
}

/// Whether a repetition would get the same response. Permissions and load may change, and the media type is not
/// part of the fingerprint.
fn is_final(status: StatusCode) -> bool {
    match status {
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::TOO_MANY_REQUESTS => false,
        _ => status.is_success() || status.is_client_error(),
    }
}

/// Replays a stored response. A problem gets the id of the current request.
pub(super) fn replay(stored: StoredResponse, id: Option<&str>) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(stored.status).map_err(Problem::internal)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    for (name, value) in stored.headers {
        let name = HeaderName::try_from(name).map_err(Problem::internal)?;
        let value = HeaderValue::try_from(value.as_str().unwrap_or_default()).map_err(Problem::internal)?;
        response.headers_mut().insert(name, value);
    }
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    if status.is_success() {
        // The first request was audited.
        response.extensions_mut().insert(Audited);
        *response.body_mut() = Body::from(stored.body);
        return Ok(response);
    }
    if let Some(code) = code(&stored.body) {
        response.extensions_mut().insert(code);
    }
    *response.body_mut() = Body::from(with_request_id(stored.body, id));
    Ok(response)
}

/// The error code in a problem's body.
fn code(body: &[u8]) -> Option<Code> {
    let Coded { code } = serde_json::from_slice(body).ok()?;
    let mut known = Code::SHARED.iter().chain(codes::ALL);
    known.find(|known| known.name() == code).copied()
}

#[derive(Deserialize)]
struct Coded<'a> {
    code: &'a str,
}

/// Appends `request_id` to a problem's body, which is stored without it.
fn with_request_id(body: Vec<u8>, id: Option<&str>) -> Vec<u8> {
    match (body.trim_ascii_end().strip_suffix(b"}"), id) {
        // An id has no character that JSON would escape.
        (Some(open), Some(id)) => [open, format!(",\"request_id\":\"{id}\"}}\n").as_bytes()].concat(),
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use axum::Json;
    use axum::response::IntoResponse as _;
    use secrecy::SecretString;
    use serde::Serialize;
    use serde_json::json;

    use super::*;
    use crate::shown_once::{HoldsSecret, ShownOnce};

    #[derive(Serialize)]
    struct Created {
        id: u8,
        token: Option<String>,
    }

    impl HoldsSecret for Created {
        fn secret(&mut self) -> &mut Option<String> {
            &mut self.token
        }
    }

    web::plane_codes! {
        POOL_BUSY TOO_MANY_REQUESTS retry 1 "Busy" "Retry.";
    }

    async fn text(response: Response) -> String {
        let body = to_bytes(response.into_body(), MAX_BODY).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn only_final_responses_are_stored() {
        let created = (
            StatusCode::CREATED,
            [("location", "/x/1"), ("etag", "\"7\""), ("x-other", "y")],
            Json(json!({"id": 1})),
        );
        let (response, stored) = split(created.into_response()).await.unwrap();
        assert_eq!(text(response).await, r#"{"id":1}"#);
        let again = replay(stored.unwrap(), None).unwrap();
        assert_eq!(again.status(), StatusCode::CREATED);
        let headers = again.headers();
        assert!(
            headers["location"] == "/x/1" && headers["etag"] == "\"7\"",
            "{headers:?}"
        );
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["idempotency-replayed"], "true");
        assert!(!headers.contains_key("x-other"));
        assert_eq!(text(again).await, r#"{"id":1}"#);

        for (code, is_stored) in [
            (Code::Validation, true),
            (codes::TENANT_EXISTS, true),
            (Code::NotFound, true),
            (Code::Unauthenticated, false),
            (Code::Forbidden, false),
            (Code::RequestTimeout, false),
            (Code::MediaType, false),
            (POOL_BUSY, false),
            (Code::Internal, false),
            (codes::CONTROL_STORE_DOWN, false),
            (Code::DeadlineExceeded, false),
        ] {
            let (_, stored) = split(Problem::from(code).into_response()).await.unwrap();
            assert_eq!(stored.is_some(), is_stored, "{code:?}");
        }
    }

    #[tokio::test]
    async fn a_replayed_problem_keeps_its_code_and_gets_the_new_request_id() {
        let problem = Problem::new(codes::TENANT_EXISTS).detail("the name is taken");
        let (_, stored) = split(problem.into_response()).await.unwrap();
        let again = replay(stored.unwrap(), Some("again")).unwrap();
        assert_eq!(again.extensions().get(), Some(&codes::TENANT_EXISTS));
        let text = text(again).await;
        assert!(text.contains("the name is taken"), "{text}");
        assert!(text.ends_with(",\"request_id\":\"again\"}\n"), "{text}");
    }

    #[tokio::test]
    async fn a_secret_is_not_stored() {
        let secret = SecretString::from("tnt_secret");
        let shown = ShownOnce::new(Created { id: 1, token: None }, secret);
        assert!(!format!("{shown:?}").contains("tnt_secret"));
        let (response, stored) = split(shown.into_response()).await.unwrap();
        assert_eq!(text(response).await, "{\"id\":1,\"token\":\"tnt_secret\"}\n");
        assert_eq!(stored.unwrap().body, b"{\"id\":1,\"token\":null}\n");
    }
}
