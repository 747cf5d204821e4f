//! JSON documents of any depth.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Far more levels than the service accepts.
const DEEPEST: usize = 64;
/// Replaces deeper values. A single tenant's metadata must not keep the others from being listed.
const TOO_DEEP: &str = "(nested too deeply to be shown)";

/// Reads a document.
///
/// # Errors
/// When it is no JSON.
pub(super) fn read(json: &str) -> Result<Value, serde_json::Error> {
    // Does not recurse, and so has no depth limit of its own.
    value(serde_json::from_str(json)?, 1)
}

fn value(json: &RawValue, level: usize) -> Result<Value, serde_json::Error> {
    let json = json.get();
    match json.as_bytes().first() {
        Some(b'{' | b'[') if level > DEEPEST => Ok(TOO_DEEP.into()),
        Some(b'{') => parts::<BTreeMap<String, &RawValue>>(json)?
            .into_iter()
            .map(|(name, field)| Ok((name, value(field, level + 1)?)))
            .collect(),
        Some(b'[') => parts::<Vec<&RawValue>>(json)?
            .into_iter()
            .map(|item| value(item, level + 1))
            .collect(),
        _ => serde_json::from_str(json),
    }
}

fn parts<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, serde_json::Error> {
    serde_json::from_str(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_it_is() {
        let text = r#"{"a":[1,94.95886283158103,{"b":null}],"c":"\u00fc","d":0.12345678901234567890123}"#;
        let document = read(text).unwrap();
        assert_eq!(document.to_string(), text.replace("\\u00fc", "ü"));
        for wrong in ["", "{", "[1,]", "{} {}"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_that_are_nested_too_deeply_are_replaced() {
        for depth in [63, 100_000] {
            let nested = format!(
                r#"{{"items":[{{"name":"acme","metadata":{}{}}},{{"name":"zoo"}}]}}"#,
                "[".repeat(depth),
                "]".repeat(depth)
            );
            let document = read(&nested).unwrap();
            assert_eq!(document["items"][0]["name"], "acme");
            assert_eq!(document["items"][1]["name"], "zoo");
            assert!(document.to_string().contains(TOO_DEEP), "{depth}");
        }
    }
}
