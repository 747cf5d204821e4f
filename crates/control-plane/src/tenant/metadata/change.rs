//! Changes of metadata: as a whole, or by a JSON Merge Patch (RFC 7396).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{Metadata, MetadataError};

/// A change of a tenant's metadata.
#[derive(Debug, Clone)]
pub enum MetadataChange {
    /// Replaces it as a whole.
    Replace(Metadata),
    /// Changes what the patch names.
    Merge(MetadataPatch),
}

impl MetadataChange {
    /// The metadata after the change.
    ///
    /// # Errors
    /// When a patch makes it too long or too deep, or adds what cannot be stored.
    pub(crate) fn applied_to(&self, before: &Metadata) -> Result<Metadata, MetadataError> {
        match self {
            Self::Replace(metadata) => Ok(metadata.clone()),
            Self::Merge(MetadataPatch(patch)) => {
                let before: &RawValue =
                    serde_json::from_str(before.as_str()).map_err(|_| MetadataError::NoObject)?;
                let merged = merge(Some(before), patch).map_err(|_| MetadataError::NoObject)?;
                Metadata::new(merged)
            }
        }
    }
}

/// A JSON Merge Patch of metadata: an object whose members replace those of the same name, objects member by member;
/// `null` removes a member.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub struct MetadataPatch(Box<RawValue>);

impl TryFrom<Box<RawValue>> for MetadataPatch {
    type Error = MetadataError;

    fn try_from(patch: Box<RawValue>) -> Result<Self, MetadataError> {
        if patch.get().starts_with('{') {
            Ok(Self(patch))
        } else {
            Err(MetadataError::NoObject)
        }
    }
}

/// `MergePatch` of RFC 7396, section 2. Values are moved as text, so that numbers keep all their digits. The parser
/// bounds the depth of both.
fn merge(target: Option<&RawValue>, patch: &RawValue) -> serde_json::Result<Box<RawValue>> {
    if !patch.get().starts_with('{') {
        return Ok(patch.to_owned());
    }
    let patch: BTreeMap<String, &RawValue> = serde_json::from_str(patch.get())?;
    let mut merged: BTreeMap<String, Box<RawValue>> = match target {
        Some(target) if target.get().starts_with('{') => serde_json::from_str(target.get())?,
        _ => BTreeMap::new(),
    };
    for (name, value) in patch {
        if value.get() == "null" {
            merged.remove(&name);
        } else {
            let value = merge(merged.get(&name).map(|before| &**before), value)?;
            merged.insert(name, value);
        }
    }
    to_raw_value(&merged)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        serde_json::from_str(json).unwrap()
    }

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn the_published_examples_hold() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, json!({"a": "c"})),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, json!({"a": "b", "b": "c"})),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, json!({})),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, json!({"b": "c"})),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, json!({"a": "c"})),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, json!({"a": ["b"]})),
            (
                r#"{"a":{"b":"c"}}"#,
                r#"{"a":{"b":"d","c":null}}"#,
                json!({"a": {"b": "d"}}),
            ),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, json!({"a": [1]})),
            (r#"["a","b"]"#, r#"["c","d"]"#, json!(["c", "d"])),
            (r#"{"a":"b"}"#, r#"["c"]"#, json!(["c"])),
            (r#"{"a":"foo"}"#, "null", json!(null)),
            (r#"{"a":"foo"}"#, r#""bar""#, json!("bar")),
            (r#"{"e":null}"#, r#"{"a":1}"#, json!({"e": null, "a": 1})),
            ("[1,2]", r#"{"a":"b","c":null}"#, json!({"a": "b"})),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, json!({"a": {"bb": {}}})),
        ] {
            let merged = merge(Some(&raw(target)), &raw(patch)).unwrap();
            let merged: serde_json::Value = serde_json::from_str(merged.get()).unwrap();
            assert_eq!(merged, result, "{target} and {patch}");
        }
    }

    #[test]
    fn digits_are_kept_and_the_bounds_hold() {
        let metadata = |json: &str| Metadata::new(raw(json)).unwrap();
        let patch = |json: &str| MetadataChange::Merge(MetadataPatch::try_from(raw(json)).unwrap());
        let before = metadata(r#"{"a": 18446744073709551617, "b": {"c": 0.10}}"#);
        let after = patch(r#"{"b": {"d": 1e17}}"#).applied_to(&before).unwrap();
        assert_eq!(
            after.as_str(),
            r#"{"a":18446744073709551617,"b":{"c":0.10,"d":1e17}}"#
        );
        let long = format!(r#"{{"d": "{}"}}"#, "x".repeat(Metadata::MAX));
        assert_eq!(patch(&long).applied_to(&before), Err(MetadataError::TooLong));
        let deep = format!(
            "{{\"b\": {}1{}}}",
            "{\"x\":".repeat(Metadata::DEEPEST),
            "}".repeat(Metadata::DEEPEST)
        );
        assert_eq!(patch(&deep).applied_to(&before), Err(MetadataError::TooDeep));
        assert!(MetadataPatch::try_from(raw("[1]")).is_err());
    }
}
