//! Cursors: where the next page begins, as text that a client hands back without looking into it.

use std::marker::PhantomData;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::read::rule::{Rule, Wrong};

/// Version of the format: URL-safe base64 of the JSON array `[version, fingerprint, key]`.
const VERSION: u8 = 1;

/// Longer than any cursor that [`encode`] makes of a name of 200 characters, each escaped.
const LONGEST: usize = 4096;

/// Reads a cursor for a list of this shape, and gives out the key that [`Page::new`](super::Page::new) was
/// given.
///
/// The shape is any text that names what the list is sorted by, such as `users name asc`: a cursor made for
/// another is wrong, as its key would begin somewhere else without notice. A cursor is not signed: who alters
/// one only chooses another place to begin, within what the tenant may read anyhow.
pub fn cursor<K: DeserializeOwned>(shape: &str) -> CursorRule<K> {
    CursorRule {
        fingerprint: fingerprint(shape),
        key: PhantomData,
    }
}

/// Reads a cursor. Made by [`cursor`].
#[derive(Clone, Debug)]
pub struct CursorRule<K> {
    fingerprint: u32,
    key: PhantomData<fn() -> K>,
}

impl<K: DeserializeOwned> Rule for CursorRule<K> {
    type Value = K;

    fn text(self, text: &str) -> Result<K, Wrong> {
        let (fingerprint, key) = decode(text).ok_or("must be a next_cursor as it was given out")?;
        if fingerprint != self.fingerprint {
            return Err("belongs to another sort or order".into());
        }
        serde_json::from_value(key).map_err(|_| "must be a next_cursor as it was given out".into())
    }
}

/// Makes a cursor that begins behind `key`.
pub(super) fn encode<K: Serialize>(shape: &str, key: &K) -> serde_json::Result<String> {
    let json = serde_json::to_vec(&(VERSION, fingerprint(shape), key))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn decode(text: &str) -> Option<(u32, Value)> {
    if text.len() > LONGEST {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (version, fingerprint, key): (u8, u32, Value) = serde_json::from_slice(&json).ok()?;
    (version == VERSION && !holds_nul(&key)).then_some((fingerprint, key))
}

/// Text with a NUL is never in a key of ours, and PostgreSQL fails on it.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// FNV-1a, 32 bits (draft-eastlake-fnv): short, and the same in every process and release, unlike the
/// standard library's hashers. It tells sorts apart; it does not guard anything.
fn fingerprint(shape: &str) -> u32 {
    shape.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Key = (String, u32);

    fn sample() -> String {
        encode("users name asc", &("Zoë \\u0000 x".to_owned(), 7)).unwrap()
    }

    fn raw(json: &str) -> String {
        URL_SAFE_NO_PAD.encode(json)
    }

    #[test]
    fn a_key_comes_back_and_needs_no_escaping_in_a_url() {
        let text = sample();
        assert!(
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "{text}"
        );
        assert_eq!(
            cursor::<Key>("users name asc").text(&text),
            Ok(("Zoë \\u0000 x".to_owned(), 7))
        );
    }

    #[test]
    fn another_sort_is_refused() {
        let wrong = cursor::<Key>("users name desc").text(&sample()).unwrap_err();
        assert_eq!(wrong, "belongs to another sort or order");
    }

    #[test]
    fn what_was_altered_is_refused_or_still_a_key() {
        let rule = cursor::<Key>("users name asc");
        let text = sample();
        assert!(rule.clone().text(&text[1..]).is_err() && rule.clone().text(&format!("{text}=")).is_err());
        for wrong in [
            String::new(),
            "%%%".into(),
            "A".repeat(5000),
            raw("[2,1,[\"a\",1]]"),
            raw("{}"),
            raw("[1]"),
            raw(&format!("[1,{},[\"a\",-1]]", fingerprint("users name asc"))),
            raw(&format!("[1,{},[\"a\\u0000\",1]]", fingerprint("users name asc"))),
            raw(&format!("[1,{},[\"a\",1]]x", fingerprint("users name asc"))),
        ] {
            assert_eq!(
                rule.clone().text(&wrong).unwrap_err(),
                "must be a next_cursor as it was given out",
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_fingerprint_is_the_published_one() {
        // Vectors of draft-eastlake-fnv, section C.
        assert_eq!(fingerprint(""), 0x811c_9dc5);
        assert_eq!(fingerprint("a"), 0xe40c_292c);
        assert_eq!(fingerprint("foobar"), 0xbf9c_f968);
    }
}
