//! Paths of claims in a token's payload.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Where a claim is: a top-level name, or a JSON pointer (RFC 6901) if it begins with a slash.
///
/// A name is taken as it is, whatever dots or slashes are in it: `https://example.com/tenant` is one top-level claim.
/// `/app_metadata/tenant_id` is the member `tenant_id` of the claim `app_metadata`. In a pointer `~1` stands for a slash
/// and `~0` for a tilde. A pointer leads through objects only: no member of a list can be named.
///
/// ```
/// use jwt_verifier::ClaimPath;
///
/// assert!("tenant_id".parse::<ClaimPath>().is_ok());
/// assert!("/app_metadata/tenant_id".parse::<ClaimPath>().is_ok());
/// assert!("".parse::<ClaimPath>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Cow<'_, str>")]
pub struct ClaimPath {
    /// Names from the top; never empty.
    names: Vec<String>,
}

/// The text is no path of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimPathError {
    /// A name in it is empty.
    #[error("a claim's name must not be empty")]
    EmptyName,
    /// A tilde stands for itself.
    #[error("in a JSON pointer a tilde is written \"~0\" and a slash in a name \"~1\"")]
    Tilde,
}

impl ClaimPath {
    /// A top-level claim.
    pub(crate) fn name(name: &str) -> Self {
        Self {
            names: vec![name.to_owned()],
        }
    }

    /// The value there.
    pub(crate) fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        let (last, parents) = self.names.split_last()?;
        let mut object = claims;
        for name in parents {
            object = object.get(name)?.as_object()?;
        }
        object.get(last)
    }
}

impl std::str::FromStr for ClaimPath {
    type Err = ClaimPathError;

    fn from_str(text: &str) -> Result<Self, ClaimPathError> {
        let names = match text.strip_prefix('/') {
            None => vec![text.to_owned()],
            Some(pointer) => pointer.split('/').map(unescaped).collect::<Result<_, _>>()?,
        };
        if names.iter().any(String::is_empty) {
            return Err(ClaimPathError::EmptyName);
        }
        Ok(Self { names })
    }
}

impl TryFrom<Cow<'_, str>> for ClaimPath {
    type Error = ClaimPathError;

    fn try_from(text: Cow<'_, str>) -> Result<Self, ClaimPathError> {
        text.parse()
    }
}

fn unescaped(name: &str) -> Result<String, ClaimPathError> {
    let valid = name.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if !valid {
        return Err(ClaimPathError::Tilde);
    }
    // In this order (RFC 6901 section 4), so that "~01" becomes "~1".
    Ok(name.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(path: &str, claims: &Value) -> Option<Value> {
        let path: ClaimPath = path.parse().unwrap();
        path.find(claims.as_object().unwrap()).cloned()
    }

    #[test]
    fn a_name_is_taken_whole() {
        let claims = json!({
            "https://example.com/tenant": 1, "a.b": 2, "a": { "b": 3 }, "/x": 4, "x": 5, "~": 6, "~1": 7,
        });
        assert_eq!(found("https://example.com/tenant", &claims), Some(json!(1)));
        assert_eq!(found("a.b", &claims), Some(json!(2)));
        assert_eq!(found("/a.b", &claims), Some(json!(2)));
        assert_eq!(found("/a/b", &claims), Some(json!(3)));
        assert_eq!(found("/~1x", &claims), Some(json!(4)));
        assert_eq!(found("/x", &claims), Some(json!(5)));
        assert_eq!(found("~", &claims), Some(json!(6)));
        assert_eq!(found("/~0", &claims), Some(json!(6)));
        assert_eq!(found("/~01", &claims), Some(json!(7)));
    }

    #[test]
    fn a_pointer_leads_through_objects_only() {
        let claims = json!({ "list": ["a"], "text": "b", "object": { "c": null } });
        assert_eq!(found("/list/0", &claims), None);
        assert_eq!(found("/text/0", &claims), None);
        assert_eq!(found("/object/d", &claims), None);
        assert_eq!(found("/object/c", &claims), Some(Value::Null));
    }

    #[test]
    fn ambiguous_texts_are_refused() {
        for (text, error) in [
            ("", ClaimPathError::EmptyName),
            ("/", ClaimPathError::EmptyName),
            ("/a//b", ClaimPathError::EmptyName),
            ("/a/", ClaimPathError::EmptyName),
            ("/a~", ClaimPathError::Tilde),
            ("/a~2b", ClaimPathError::Tilde),
        ] {
            assert_eq!(text.parse::<ClaimPath>(), Err(error), "{text:?}");
        }
    }
}
