//! [`Patch`]: extractor of a PATCH's body, by its media type.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::body::whole_body;
use super::media_type::{ACCEPT_PATCH, PatchType, patch_type};
use crate::error::{Code, Problem};
use crate::read;

/// The body of a PATCH, a JSON object.
///
/// | `content-type` | the body |
/// |---|---|
/// | `application/json` | the fields to change, read as `J` |
/// | `application/merge-patch+json` | a JSON Merge Patch (RFC 7396), read as `M`: `null` removes a field |
///
/// Any other type is `MEDIA_TYPE`, with `Accept-Patch`; other faults are those of [`Json`](super::Json). A field of `M`
/// that can be removed is an `Option<Option<T>>`. One that cannot is an `Option<T>`, so that `null` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patch<J, M> {
    /// The fields to change.
    Json(J),
    /// A merge patch.
    Merge(M),
}

impl<J, M> Patch<J, M> {
    /// The change that it asks for, in either form.
    pub fn into_change<T>(self) -> T
    where
        J: Into<T>,
        M: Into<T>,
    {
        match self {
            Self::Json(change) => change.into(),
            Self::Merge(patch) => patch.into(),
        }
    }
}

impl<S: Sync, J: DeserializeOwned, M: DeserializeOwned> FromRequest<S> for Patch<J, M> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let Some(patch_type) = patch_type(request.headers()) else {
            return Err(Problem::new(Code::MediaType)
                .detail("Send JSON, not encoded, as one of the types in Accept-Patch.")
                .accept_patch(ACCEPT_PATCH));
        };
        let body = whole_body(request).await?;
        match patch_type {
            PatchType::Json => read::json(&body).map(Self::Json),
            PatchType::Merge => read::json(&body).map(Self::Merge),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::IntoResponse as _;
    use http::{Request, header};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Change {
        confirmed: Option<bool>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[expect(clippy::option_option, reason = "left as it is, removed, or set")]
    struct Merge {
        confirmed: Option<Option<bool>>,
    }

    impl From<Merge> for Change {
        fn from(merge: Merge) -> Self {
            Self {
                confirmed: merge.confirmed.map(Option::unwrap_or_default),
            }
        }
    }

    async fn read(kind: &str, body: &'static str) -> Result<Patch<Change, Merge>, Problem> {
        let request = Request::patch("/").header(header::CONTENT_TYPE, kind);
        Patch::from_request(request.body(Body::from(body)).unwrap(), &()).await
    }

    #[tokio::test]
    async fn the_type_says_what_null_means() {
        let removes = r#"{"confirmed": null}"#;
        let wrong = read("application/json", removes).await.unwrap_err();
        assert_eq!(wrong.errors()[0].field, "confirmed");
        let patch = read("application/merge-patch+json", removes).await.unwrap();
        assert_eq!(
            patch,
            Patch::Merge(Merge {
                confirmed: Some(None)
            })
        );
        assert_eq!(
            patch.into_change::<Change>(),
            Change {
                confirmed: Some(false)
            }
        );
        for kind in ["application/json", "application/merge-patch+json"] {
            let none = read(kind, "{}").await.unwrap();
            assert_eq!(none.into_change::<Change>(), Change { confirmed: None });
            let unknown = read(kind, r#"{"admin": null}"#).await.unwrap_err();
            assert_eq!(unknown.errors()[0].field, "admin");
        }
    }

    #[tokio::test]
    async fn another_type_is_answered_with_those_that_are_taken() {
        let refused = read("application/json-patch+json", "[]").await.unwrap_err();
        assert_eq!(refused.code(), Code::MediaType);
        assert_eq!(refused.into_response().headers()["accept-patch"], ACCEPT_PATCH);
    }
}
