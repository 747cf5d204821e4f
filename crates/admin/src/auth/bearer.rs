//! Extraction of a request's admin token.

use control_plane::AdminToken;
use http::HeaderMap;
use web::extract::bearer_token;

/// The token that the request presents, if it has the one header for it.
pub(super) fn bearer(headers: &HeaderMap) -> Option<AdminToken> {
    bearer_token(headers).map(|token| AdminToken::presented(token.to_owned().into()))
}
