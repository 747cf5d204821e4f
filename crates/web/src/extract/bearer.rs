//! A request's bearer token (RFC 6750).

use http::{HeaderMap, header};

/// The token of the one `Authorization` header; the scheme's case does not matter (RFC 9110 section 11.1). `None` where
/// there is none, or another one beside it.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (value, another) = (given.next()?, given.next());
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let valid = another.is_none() && scheme.eq_ignore_ascii_case("bearer") && !token.is_empty();
    valid.then_some(token)
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
        bearer_token(&headers).map(str::to_owned)
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
            &["Bearer a", "Basic b"],
        ] {
            assert_eq!(token(wrong), None, "{wrong:?}");
        }
    }
}
