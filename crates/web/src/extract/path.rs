//! [`PathId`]: the `{id}` of a path.

use axum::extract::{FromRequestParts, RawPathParams, rejection::RawPathParamsRejection};
use http::request::Parts;
use uuid::Uuid;

use crate::{
    error::{Code, Problem},
    read::parse_uuid,
};

/// The UUID that stands for `{id}` in a route's path.
///
/// What is no UUID gets the same `NOT_FOUND` as an id that does not exist: there is no such thing at this
/// path, and a client that makes up paths learns no more from one than from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathId(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = match RawPathParams::from_request_parts(parts, state).await {
            Ok(params) => params,
            // Percent-encoded bytes that are not UTF-8: no UUID either.
            Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => return Err(Code::NotFound.into()),
            Err(error) => return Err(Problem::internal(error)),
        };
        let (_, text) = params
            .iter()
            .find(|(name, _)| *name == "id")
            .ok_or_else(|| Problem::internal("PathId is used in a route without {id}"))?;
        parse_uuid(text).map(Self).ok_or_else(|| Code::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, extract::Request, routing::get};
    use http::StatusCode;
    use tower::ServiceExt as _;

    use super::*;

    async fn status(path: &str) -> StatusCode {
        let show = |PathId(id): PathId| async move { id.to_string() };
        let router: Router = Router::new()
            .route("/users/{id}", get(show))
            .route("/none", get(show));
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_malformed_id_is_not_found() {
        assert_eq!(status("/users/0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44").await, 200);
        for wrong in [
            "/users/7",
            "/users/%ff",
            "/users/0190b6b17f3a7c228d5a0f6c2a9b1e44",
        ] {
            assert_eq!(status(wrong).await, 404, "{wrong}");
        }
        assert_eq!(status("/none").await, 500);
    }
}
