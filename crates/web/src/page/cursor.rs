//! Keyset pagination cursors, bound to the sort of their list.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Version of the format: URL-safe base64 of the JSON array `[version, fingerprint, key]`.
const VERSION: u8 = 1;

/// What is wrong with a cursor that no page gave out.
const UNKNOWN: &str = "must be a next_cursor as it was given out";

/// The order of a list.
pub trait Sorted {
    /// Names the list and its order, such as `users name asc`. A cursor of another one is wrong, as its key would begin
    /// somewhere else without notice.
    const SHAPE: &'static str;
    /// What a page begins behind: the values of the last row that it is sorted by.
    type Key: DeserializeOwned;
}

/// The parameter `cursor` of a list in this order: the key of the last row of the page before.
///
/// It is not signed: a client that alters one only chooses another place to begin, within what the tenant may read
/// anyhow.
#[derive(Deserialize)]
#[serde(try_from = "Cursor", bound = "")]
pub struct After<S: Sorted>(pub S::Key);

impl<S: Sorted> TryFrom<Cursor> for After<S> {
    type Error = &'static str;

    fn try_from(cursor: Cursor) -> Result<Self, Self::Error> {
        cursor.key(S::SHAPE).map(Self)
    }
}

/// A cursor of whatever list, decoded: for a list whose order is a parameter itself. Others have [`After`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cursor {
    fingerprint: u32,
    key: Value,
}

impl Cursor {
    /// Longer than any cursor that [`encode`] makes of a name of 200 characters, each escaped.
    pub(crate) const LONGEST: usize = 4096;

    /// The key, if the cursor is of a list of this shape.
    ///
    /// # Errors
    /// What is wrong with it, to be read behind the parameter's name.
    pub fn key<K: DeserializeOwned>(self, shape: &str) -> Result<K, &'static str> {
        if self.fingerprint != fingerprint(shape) {
            return Err("belongs to another sort or order");
        }
        serde_json::from_value(self.key).map_err(|_| UNKNOWN)
    }
}

impl TryFrom<String> for Cursor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (fingerprint, key) = decode(&text).ok_or(UNKNOWN)?;
        Ok(Self { fingerprint, key })
    }
}

/// Makes a cursor that begins behind `key`.
pub(super) fn encode<K: Serialize>(shape: &str, key: &K) -> serde_json::Result<String> {
    let json = serde_json::to_vec(&(VERSION, fingerprint(shape), key))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn decode(text: &str) -> Option<(u32, Value)> {
    if text.len() > Cursor::LONGEST {
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

    fn read(text: &str, shape: &str) -> Result<Key, &'static str> {
        Cursor::try_from(text.to_owned())?.key(shape)
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
        assert_eq!(read(&text, "users name asc"), Ok(("Zoë \\u0000 x".to_owned(), 7)));
    }

    #[test]
    fn another_sort_is_refused() {
        let wrong = read(&sample(), "users name desc").unwrap_err();
        assert_eq!(wrong, "belongs to another sort or order");
    }

    #[test]
    fn an_altered_cursor_is_refused_or_still_valid() {
        let read = |text: &str| read(text, "users name asc");
        let text = sample();
        assert!(read(&text[1..]).is_err() && read(&format!("{text}=")).is_err());
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
                read(&wrong).unwrap_err(),
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
