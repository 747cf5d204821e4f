//! [`NoQuery`]: refusal of query parameters.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Deserialize;

use super::Query;
use crate::error::Problem;

/// Refuses every query parameter with `VALIDATION`: a client that sends one, such as `dry_run`, must not believe that it
/// had an effect.
#[derive(Clone, Copy, Debug)]
pub struct NoQuery;

#[derive(Deserialize)]
struct Parameters {}

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(Parameters {}) = Query::from_request_parts(parts, state).await?;
        Ok(Self)
    }
}
