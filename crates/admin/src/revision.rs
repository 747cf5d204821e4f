//! Entity tags (RFC 9110 section 8.8.3) over revisions, and the precondition `If-Match`.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderName, header};
use web::{Code, Problem};

/// The header `ETag` of something at this revision.
pub(crate) fn etag(revision: i64) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{revision}\""))]
}

/// What a request's `If-Match` allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// It says nothing.
    Absent,
    /// Whatever there is.
    Any,
    /// What is at this revision.
    Revision(i64),
}

impl IfMatch {
    /// The revision that the thing must be at; `None` for any, also where nothing is said.
    pub(crate) fn optional(self) -> Option<i64> {
        match self {
            Self::Revision(revision) => Some(revision),
            Self::Absent | Self::Any => None,
        }
    }

    /// The same where something must be said: who overwrites has read what he overwrites.
    pub(crate) fn required(self) -> Result<Option<i64>, Problem> {
        match self {
            Self::Absent => Err(Code::PreconditionRequired.into()),
            Self::Any | Self::Revision(_) => Ok(self.optional()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut given = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = given.next() else {
            return Ok(Self::Absent);
        };
        let value = value.to_str().unwrap_or_default().trim();
        if given.next().is_some() || value.contains(',') {
            return Err(Problem::new(Code::Malformed).detail("If-Match has to name one entity tag"));
        }
        if value == "*" {
            return Ok(Self::Any);
        }
        let tag = opaque(value).ok_or_else(|| {
            let detail = "If-Match has to be `*` or an entity tag in double quotes, as ETag has it";
            Problem::new(Code::Malformed).detail(detail)
        })?;
        // Tags are compared as texts, and one that was never given out matches nothing; nor does a weak one.
        let revision = tag
            .parse()
            .ok()
            .filter(|revision: &i64| revision.to_string() == tag);
        revision
            .filter(|_| value.starts_with('"'))
            .map(Self::Revision)
            .ok_or_else(|| Code::PreconditionFailed.into())
    }
}

/// What stands between an entity tag's quotes.
fn opaque(tag: &str) -> Option<&str> {
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    let opaque = quoted.strip_prefix('"')?.strip_suffix('"')?;
    (!opaque.contains(['"', ' '])).then_some(opaque)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn read(values: &[&str]) -> Result<IfMatch, Code> {
        let mut request = Request::builder();
        for value in values {
            request = request.header("if-match", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        IfMatch::from_request_parts(&mut parts, &())
            .await
            .map_err(|problem| problem.code())
    }

    #[tokio::test]
    async fn one_strong_tag_or_any() {
        assert_eq!(read(&[]).await, Ok(IfMatch::Absent));
        assert_eq!(read(&["*"]).await, Ok(IfMatch::Any));
        assert_eq!(read(&["\"12\""]).await, Ok(IfMatch::Revision(12)));
        for unknown in ["W/\"12\"", "\"x\"", "\"\"", "\"+12\"", "\"012\"", "\"-0\""] {
            assert_eq!(read(&[unknown]).await, Err(Code::PreconditionFailed), "{unknown}");
        }
        for wrong in ["12", "", "\"12", "12\"", "\"", "W/12", "\"1\"2\"", "\"1 2\""] {
            assert_eq!(read(&[wrong]).await, Err(Code::Malformed), "{wrong}");
        }
        for several in [&["\"1\"", "\"2\""][..], &["\"1\", \"2\""]] {
            assert_eq!(read(several).await, Err(Code::Malformed));
        }
    }
}
