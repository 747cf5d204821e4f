//! Entity tags (RFC 9110 section 8.8.3) over revisions, and the preconditions of changes.

use axum::extract::FromRequestParts;
use control_plane::Revisions;
use http::request::Parts;
use sha2::{Digest as _, Sha256};
use web::extract::{Preconditions, Versions};
use web::{Code, Problem};

/// The tag of a resource at this revision. `beside` is a part of its representation that has no revision; the tag has
/// its hash.
pub(crate) fn tag(revision: i64, beside: Option<&str>) -> String {
    match beside {
        None => revision.to_string(),
        Some(beside) => {
            let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(beside).into();
            format!("{revision}-{:08x}", u32::from_be_bytes([a, b, c, d]))
        }
    }
}

/// The revision in a tag. `None` for a tag that this service never sends, since tags are compared as texts.
fn revision(tag: &str) -> Option<i64> {
    let number = match tag.split_once('-') {
        Some((revision, beside)) if beside.len() == 8 => revision,
        _ => tag,
    };
    let revision = number.parse().ok();
    revision.filter(|revision: &i64| revision.to_string() == number)
}

/// The preconditions of a change.
#[derive(Debug)]
pub(crate) struct Expected(Preconditions);

impl Expected {
    /// The revisions at which the change is allowed; all of them without preconditions.
    pub(crate) fn optional(&self) -> Revisions {
        match self.0.versions(revision) {
            Versions::Only(revisions) => Revisions::Only(revisions),
            Versions::Except(revisions) => Revisions::Except(revisions),
        }
    }

    /// The same, but requires `If-Match`, so that a client overwrites only what it has read.
    pub(crate) fn required(&self) -> Result<Revisions, Problem> {
        match self.0.if_match {
            None => Err(Code::PreconditionRequired.into()),
            Some(_) => Ok(self.optional()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Expected {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Preconditions::from_request_parts(parts, state).await.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn expected(if_match: Option<&str>, if_none_match: Option<&str>) -> Expected {
        let mut request = Request::builder();
        for (name, value) in [("if-match", if_match), ("if-none-match", if_none_match)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        Expected::from_request_parts(&mut parts, &()).await.unwrap()
    }

    #[tokio::test]
    async fn preconditions_become_revisions() {
        let only = |revisions: &[i64]| Revisions::Only(revisions.to_vec());
        let except = |revisions: &[i64]| Revisions::Except(revisions.to_vec());
        for (if_match, if_none_match, revisions) in [
            (None, None, except(&[])),
            (Some("*"), None, except(&[])),
            (Some("\"12\", \"x\", \"7\""), None, only(&[12, 7])),
            (Some("\"12-0a1b2c3d\", \"7-x\""), None, only(&[12])),
            (Some("W/\"12\""), None, only(&[])),
            (Some("\"+12\", \"012\", \"-0\", \"\""), None, only(&[])),
            (None, Some("\"12\", W/\"7\""), except(&[12, 7])),
            (None, Some("*"), only(&[])),
            (Some("\"12\", \"7\""), Some("W/\"7\""), only(&[12])),
            (Some("*"), Some("\"7\""), except(&[7])),
        ] {
            let found = expected(if_match, if_none_match).await.optional();
            assert_eq!(found, revisions, "{if_match:?} {if_none_match:?}");
        }
    }

    #[test]
    fn the_tag_depends_on_both_parts() {
        assert_eq!(tag(7, None), "7");
        let (one, other) = (tag(7, Some("one")), tag(7, Some("other")));
        assert_ne!(one, other);
        assert_eq!((revision(&one), revision(&other)), (Some(7), Some(7)));
    }

    #[tokio::test]
    async fn required_preconditions_need_if_match() {
        for if_none_match in [None, Some("\"1\"")] {
            let required = expected(None, if_none_match).await.required();
            assert_eq!(required.unwrap_err().code(), Code::PreconditionRequired);
        }
        assert!(expected(Some("*"), None).await.required().is_ok());
    }
}
