//! [`NoBody`]: a route that takes no body.

use axum::extract::{FromRequest, Request};

use super::{body::whole_body, json::parse};
use crate::{error::Problem, read::Fields};

/// Refuses every body but an empty one, `{}` and `null`: whoever sends more means something by it, such as `dry_run`, and must
/// not believe that it was heard. Fields get `VALIDATION`, what is no JSON object gets `MALFORMED`. It is refused
/// whatever its type, so the type does not matter.
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

impl<S: Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        refuse(&whole_body(request).await?)
            .map_err(|problem| problem.detail("this request takes no body; parameters belong into the query"))
    }
}

fn refuse(body: &[u8]) -> Result<NoBody, Problem> {
    if !matches!(body.trim_ascii(), b"" | b"null") {
        Fields::new(parse(body)?).finish(())?;
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
