//! [`Query`]: the parameters of a request.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::Problem;
use crate::read;

/// The parameters of a query string. One that cannot be decoded is `MALFORMED`; [wrong parameters](crate::read) are
/// `VALIDATION`, with each of them.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read::query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}
