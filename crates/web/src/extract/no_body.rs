//! [`NoBody`]: refusal of request bodies.

use axum::extract::{FromRequest, Request};

use serde::Deserialize;

use super::body::whole_body;
use crate::error::Problem;
use crate::read;

/// Refuses every body except an empty one, `{}` and `null`: a client that sends a field such as `dry_run` must not
/// believe that it had an effect. A field gets `VALIDATION`, anything but an object `MALFORMED`. Ignores the content
/// type.
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

impl<S: Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        refuse(&whole_body(request).await?)
            .map_err(|problem| problem.detail("this request takes no body; parameters go into the query"))
    }
}

#[derive(Deserialize)]
struct Fields {}

fn refuse(body: &[u8]) -> Result<NoBody, Problem> {
    if !matches!(body.trim_ascii(), b"" | b"null") {
        let Fields {} = read::json(body)?;
    }
    Ok(NoBody)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn nothing_or_an_empty_object() {
        for body in ["", " \n", "{}", " { } ", "null"] {
            assert!(refuse(body.as_bytes()).is_ok(), "{body:?}");
        }
        for (body, code) in [
            ("{\"dry_run\":true}", Code::Validation),
            ("[]", Code::Malformed),
            ("false", Code::Malformed),
            ("grace_hours=1", Code::Malformed),
            ("{", Code::Malformed),
        ] {
            assert_eq!(refuse(body.as_bytes()).unwrap_err().code(), code, "{body}");
        }
        let named = refuse(b"{\"dry_run\":true}").unwrap_err();
        assert_eq!(named.errors()[0].field, "dry_run");
    }
}
