//! [`NoQuery`]: a route that takes no parameters.

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::{Query, error::Problem};

/// Refuses every query parameter with `VALIDATION`: whoever sends one means something by it, such as `dry_run`, and
/// must not believe that it was heard.
#[derive(Clone, Copy, Debug)]
pub struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Query::from_request_parts(parts, state).await?.finish(())?;
        Ok(Self)
    }
}
