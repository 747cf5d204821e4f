//! [`Preconditions`]: `If-Match` and `If-None-Match` (RFC 9110 section 13.1).

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::error::{Code, Problem};

/// The syntax of both headers in ASCII, as a regular expression.
pub(crate) const ENTITY_TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#;

/// An entity tag (RFC 9110 section 8.8.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag {
    weak: bool,
    opaque: String,
}

impl EntityTag {
    /// Whether it has this between its quotes and is no weak one: what `If-Match` compares.
    pub fn strongly(&self) -> Option<&str> {
        (!self.weak).then_some(&*self.opaque)
    }

    /// What it has between its quotes, be it weak or not: what `If-None-Match` compares.
    pub fn weakly(&self) -> &str {
        &self.opaque
    }
}

/// What one of the two headers names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// `*`: whatever there is.
    Any,
    /// These entity tags, in the order in which they are sent.
    Listed(Vec<EntityTag>),
}

/// The preconditions of a request; for a route whose answers have an `ETag`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// `If-Match`, if it is sent.
    pub if_match: Option<Tags>,
    /// `If-None-Match`, if it is sent.
    pub if_none_match: Option<Tags>,
}

/// What the preconditions of a GET come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Send the representation.
    Modified,
    /// The client has it already: 304.
    NotModified,
}

/// The versions of a resource at which a change may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions<V> {
    /// At these alone.
    Only(Vec<V>),
    /// At any but these.
    Except(Vec<V>),
}

impl<V: PartialEq> Versions<V> {
    /// Whether the change may be made at this one.
    pub fn contain(&self, version: &V) -> bool {
        match self {
            Self::Only(versions) => versions.contains(version),
            Self::Except(versions) => !versions.contains(version),
        }
    }
}

impl Preconditions {
    /// The versions of an existing resource at which a change is allowed; all of them without preconditions. `version`
    /// reads the version in a tag, and gives `None` for a tag that is never sent: tags are compared as texts.
    pub fn versions<V: PartialEq>(&self, version: impl Fn(&str) -> Option<V>) -> Versions<V> {
        let except = match &self.if_none_match {
            None => Vec::new(),
            // The resource exists, so `*` never holds.
            Some(Tags::Any) => return Versions::Only(Vec::new()),
            Some(Tags::Listed(tags)) => tags.iter().filter_map(|tag| version(tag.weakly())).collect(),
        };
        match &self.if_match {
            None | Some(Tags::Any) => Versions::Except(except),
            Some(Tags::Listed(tags)) => {
                let named = tags.iter().filter_map(EntityTag::strongly);
                let mut only: Vec<V> = named.filter_map(version).collect();
                only.retain(|version| !except.contains(version));
                Versions::Only(only)
            }
        }
    }

    /// Evaluates them for a GET or HEAD of what has this strong entity tag, given without its quotes.
    ///
    /// # Errors
    /// `PRECONDITION_FAILED`, when `If-Match` names another.
    pub fn freshness(&self, current: &str) -> Result<Freshness, Problem> {
        let matches = self.if_match.as_ref().is_none_or(|tags| match tags {
            Tags::Any => true,
            Tags::Listed(tags) => tags.iter().any(|tag| tag.strongly() == Some(current)),
        });
        if !matches {
            return Err(Code::PreconditionFailed.into());
        }
        let known = self.if_none_match.as_ref().is_some_and(|tags| match tags {
            Tags::Any => true,
            Tags::Listed(tags) => tags.iter().any(|tag| tag.weakly() == current),
        });
        Ok(if known {
            Freshness::NotModified
        } else {
            Freshness::Modified
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self {
            if_match: tags(&parts.headers, header::IF_MATCH, "If-Match")?,
            if_none_match: tags(&parts.headers, header::IF_NONE_MATCH, "If-None-Match")?,
        })
    }
}

/// Reads one of the headers. Several lines of it are one list (RFC 9110 section 5.3).
fn tags(headers: &HeaderMap, name: HeaderName, shown: &str) -> Result<Option<Tags>, Problem> {
    let lines: Vec<_> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    parse(&lines.join(&b','))
        .ok_or_else(|| {
            let detail =
                format!("{shown} must be `*` or a list of entity tags in double quotes, as ETag has them");
            Problem::new(Code::Malformed).detail(detail)
        })
        .map(Some)
}

/// `*`, or a list of entity tags; `None` if it is neither.
fn parse(value: &[u8]) -> Option<Tags> {
    // A tag may have bytes beyond ASCII, which are compared and nothing else.
    let value = String::from_utf8_lossy(value);
    let mut rest = blank(&value);
    if rest.strip_prefix('*').is_some_and(|rest| blank(rest).is_empty()) {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    loop {
        // Empty elements of a list are skipped (RFC 9110 section 5.6.1.2).
        while let Some(next) = rest.strip_prefix(',') {
            rest = blank(next);
        }
        if rest.is_empty() {
            return (!tags.is_empty()).then_some(Tags::Listed(tags));
        }
        let (tag, next) = entity_tag(rest)?;
        tags.push(tag);
        rest = blank(next);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

/// The entity tag that the text begins with, and the rest of the text.
fn entity_tag(text: &str) -> Option<(EntityTag, &str)> {
    let quoted = text.strip_prefix("W/");
    let weak = quoted.is_some();
    let (opaque, rest) = quoted.unwrap_or(text).strip_prefix('"')?.split_once('"')?;
    let fit = |char: char| !char.is_ascii() || char.is_ascii_graphic();
    let opaque = opaque.chars().all(fit).then(|| opaque.to_owned())?;
    Some((EntityTag { weak, opaque }, rest))
}

/// The text without the blanks that it begins with.
fn blank(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn sent(name: &str, values: &[&str]) -> Result<Preconditions, Problem> {
        let mut request = Request::builder();
        for value in values {
            request = request.header(name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        Preconditions::from_request_parts(&mut parts, &()).await
    }

    async fn read_with(name: &str, values: &[&str]) -> Result<Freshness, Code> {
        let preconditions = sent(name, values).await.unwrap();
        preconditions.freshness("4").map_err(|problem| problem.code())
    }

    #[tokio::test]
    async fn if_match_compares_strongly() {
        for matching in [
            &[][..],
            &["*"],
            &[" * "],
            &["\"4\""],
            &["\"x\", \"4\""],
            &["\"x\"", "\"4\""],
            &["\"x\",,\"4\" ,"],
            &["\"a,b\",\"4\""],
            &["W/\"4\", \"4\""],
        ] {
            assert_eq!(
                read_with("if-match", matching).await,
                Ok(Freshness::Modified),
                "{matching:?}"
            );
        }
        for other in [
            "\"5\"",
            "W/\"4\"",
            "\"\"",
            "\"04\"",
            "\"4,\"",
            "\"5\", W/\"4\"",
            "\"ä\"",
        ] {
            let read = read_with("if-match", &[other]).await;
            assert_eq!(read, Err(Code::PreconditionFailed), "{other}");
        }
    }

    #[tokio::test]
    async fn if_none_match_compares_weakly() {
        for matching in ["*", "\"4\"", "W/\"4\"", "\"5\", W/\"4\""] {
            let read = read_with("if-none-match", &[matching]).await;
            assert_eq!(read, Ok(Freshness::NotModified), "{matching}");
        }
        for other in ["\"5\"", "W/\"5\"", "\"04\""] {
            assert_eq!(
                read_with("if-none-match", &[other]).await,
                Ok(Freshness::Modified),
                "{other}"
            );
        }
    }

    #[tokio::test]
    async fn an_invalid_header_is_named() {
        for wrong in [
            "",
            " ",
            ",",
            "4",
            "\"4",
            "4\"",
            "\"",
            "W/4",
            "w/\"4\"",
            "W/ \"4\"",
            "\"4\"\"5\"",
            "\"4\" \"5\"",
            "\"4 5\"",
            "*, \"4\"",
            "\"4\", *",
            "**",
            "\"4\";q=1",
        ] {
            for (name, shown) in [("if-match", "If-Match"), ("if-none-match", "If-None-Match")] {
                let problem = sent(name, &[wrong]).await.unwrap_err();
                assert_eq!(problem.code(), Code::Malformed, "{wrong}");
                assert!(
                    format!("{problem:?}").contains(&format!("\"{shown} must be")),
                    "{problem:?}"
                );
            }
        }
        assert!(sent("if-match", &["*", "*"]).await.is_err());
        assert_eq!(sent("if-match", &[]).await.unwrap(), Preconditions::default());
    }

    #[tokio::test]
    async fn if_match_comes_first() {
        let mut request = Request::builder().header("if-match", "\"5\"");
        request = request.header("if-none-match", "\"4\"");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let both = Preconditions::from_request_parts(&mut parts, &()).await.unwrap();
        assert_eq!(both.freshness("4").unwrap_err().code(), Code::PreconditionFailed);
    }
}
