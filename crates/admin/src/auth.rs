//! Bearer tokens (RFC 6750): the one of the configuration, and those in the control store.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use control_plane::{AdminToken, Store};
use http::{HeaderMap, header};
use secrecy::SecretString;
use subtle::ConstantTimeEq as _;
use web::{Code, Problem};

/// Who may call the admin plane.
#[derive(Debug, Clone)]
pub struct AdminAuth {
    /// Of the configured token only its hash.
    configured: Option<[u8; 32]>,
    store: Store,
}

impl AdminAuth {
    /// Lets in the configured token, if there is one, and those that the store knows.
    pub fn new(configured: Option<SecretString>, store: Store) -> Self {
        let configured = configured.map(|token| AdminToken::presented(token).sha256());
        Self { configured, store }
    }

    async fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let presented = bearer(headers).ok_or(Code::Unauthenticated)?.sha256();
        // Hashes are compared, so that timing tells nothing of the token.
        if self
            .configured
            .is_some_and(|configured| configured.ct_eq(&presented).into())
        {
            return Ok(());
        }
        let known = self.store.admin_token_known(presented).await;
        let known = known.map_err(|error| Problem::new(Code::ControlStoreDown).caused_by(error))?;
        if known {
            Ok(())
        } else {
            Err(Code::Unauthenticated.into())
        }
    }
}

/// Answers `UNAUTHENTICATED` to a request without a valid token.
pub(crate) async fn require_token(State(auth): State<AdminAuth>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    match auth.check(&headers).await {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// The token of the one `Authorization` header; the scheme's case does not matter (RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Option<AdminToken> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (value, another) = (given.next()?, given.next());
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let valid = another.is_none() && scheme.eq_ignore_ascii_case("bearer") && !token.is_empty();
    valid.then(|| AdminToken::presented(token.to_owned().into()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn token(values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer(&headers).map(|token| token.expose().to_owned())
    }

    #[test]
    fn exactly_one_bearer_token() {
        assert_eq!(token(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(token(&["bEARER abc"]).as_deref(), Some("abc"));
        for wrong in [
            &[][..],
            &["Bearer "],
            &["Bearer"],
            &["Basic abc"],
            &["abc"],
            &["Bearer a", "Bearer a"],
        ] {
            assert_eq!(token(wrong), None, "{wrong:?}");
        }
    }
}
