//! Signed keyset cursors, bound to a scope and to the query of their list.

use std::fmt;
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{Cursor, Limit, Page};
use crate::error::Problem;
use crate::read::wrong_field;

/// Version of the format: URL-safe base64 of version, id of the key, tag, and the key of the last row as JSON.
const VERSION: u8 = 2;
/// Bytes of a key's id.
const ID: usize = 4;
/// Bytes of the tag: HMAC-SHA-256, truncated to 128 bits.
const TAG: usize = 16;

/// What is wrong with a cursor that no page of the list gave out.
const UNKNOWN: &str = "must be the next_cursor of this list, with the same parameters";

/// A key that signs cursors.
#[derive(Clone)]
pub struct CursorKey {
    id: [u8; ID],
    mac: Hmac<Sha256>,
}

impl CursorKey {
    /// From secret bytes that are used for nothing else. All replicas of a service need the same.
    pub fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a shorter key with zeros to the block size (RFC 2104 section 2). A key of that size cannot fail.
        let mut block = [0_u8; 64];
        block[..key.len()].copy_from_slice(key);
        let mac = Hmac::<Sha256>::new((&block).into());
        // Public. No cursor's text begins so, which has its version first.
        let [a, b, c, d, ..]: [u8; 32] = mac.clone().chain_update(b"id").finalize().into_bytes().into();
        Self {
            id: [a, b, c, d],
            mac,
        }
    }

    fn over(&self, context: &[u8], key: &[u8]) -> Hmac<Sha256> {
        self.mac
            .clone()
            .chain_update([VERSION])
            .chain_update(context)
            .chain_update(key)
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey([redacted])")
    }
}

/// The keys of a service's cursors.
#[derive(Clone, Debug)]
pub struct CursorKeys(Arc<[CursorKey]>);

impl CursorKeys {
    /// The current key signs; it and the older ones verify.
    pub fn new(current: CursorKey, older: impl IntoIterator<Item = CursorKey>) -> Self {
        Self(std::iter::once(current).chain(older).collect())
    }

    /// The cursors of one list: of this scope, such as a tenant's id, and of this query. The query is all that decides
    /// which rows the list has and in which order, and begins with the list's name.
    pub fn of_list(&self, scope: &[u8], query: &impl Serialize) -> Result<ListCursors, Problem> {
        let query = serde_json::to_vec(query).map_err(Problem::internal)?;
        let mut context = Vec::with_capacity(16 + scope.len() + query.len());
        for part in [scope, &query] {
            context.extend_from_slice(&(part.len() as u64).to_be_bytes());
            context.extend_from_slice(part);
        }
        Ok(ListCursors {
            keys: self.clone(),
            context,
        })
    }
}

/// The cursors of one list.
#[derive(Clone, Debug)]
pub struct ListCursors {
    keys: CursorKeys,
    context: Vec<u8>,
}

impl ListCursors {
    /// The key that the page begins behind; `None` without a cursor.
    ///
    /// # Errors
    /// `VALIDATION` of the parameter `cursor`, when it was altered or made up, or is of another list.
    pub fn after<K: DeserializeOwned>(&self, cursor: Option<&SignedCursor>) -> Result<Option<K>, Problem> {
        cursor.map(|cursor| self.verified(cursor)).transpose()
    }

    fn verified<K: DeserializeOwned>(&self, cursor: &SignedCursor) -> Result<K, Problem> {
        let signed = self.keys.0.iter().filter(|key| key.id == cursor.id).any(|key| {
            let mac = key.over(&self.context, &cursor.key);
            // In constant time.
            mac.verify_truncated_left(&cursor.tag).is_ok()
        });
        let key = signed.then(|| serde_json::from_slice(&cursor.key).ok()).flatten();
        key.ok_or_else(|| wrong_field("cursor", UNKNOWN))
    }

    /// A page of the rows that [`Limit::fetch`] asked for. `key` is what the next page begins behind.
    pub fn page<T, K: Serialize>(
        &self,
        rows: Vec<T>,
        limit: Limit,
        key: impl FnOnce(&T) -> K,
    ) -> Result<Page<T>, Problem> {
        Page::cut(rows, limit, |last| self.sign(&key(last)))
    }

    fn sign<K: Serialize>(&self, key: &K) -> serde_json::Result<String> {
        let signer = &self.keys.0[0];
        let key = serde_json::to_vec(key)?;
        let tag = signer.over(&self.context, &key).finalize().into_bytes();
        let parts: [&[u8]; 4] = [&[VERSION], &signer.id, &tag[..TAG], &key];
        Ok(URL_SAFE_NO_PAD.encode(parts.concat()))
    }
}

/// The parameter `cursor` of a list whose cursors are signed: decoded, and not verified yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SignedCursor {
    id: [u8; ID],
    tag: [u8; TAG],
    /// JSON, if it is verified.
    key: Vec<u8>,
}

impl TryFrom<String> for SignedCursor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        decode(&text).ok_or(UNKNOWN)
    }
}

fn decode(text: &str) -> Option<SignedCursor> {
    if text.len() > Cursor::LONGEST {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (version, rest) = bytes.split_first()?;
    let (id, rest) = rest.split_first_chunk()?;
    let (tag, key) = rest.split_first_chunk()?;
    (*version == VERSION).then(|| SignedCursor {
        id: *id,
        tag: *tag,
        key: key.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    #[derive(Debug, Deserialize)]
    struct Parameters {
        limit: Limit,
        cursor: Option<SignedCursor>,
    }

    const ACME: &[u8] = b"acme";
    const QUERY: (&str, Option<&str>) = ("users name asc", Some("a"));

    fn keys(current: u8, older: &[u8]) -> CursorKeys {
        let key = |byte: &u8| CursorKey::new(&[*byte; 32]);
        CursorKeys::new(key(&current), older.iter().map(key))
    }

    fn limit() -> Limit {
        read::query::<Parameters>("limit=1").unwrap().limit
    }

    /// The cursor of a page that ends with this row.
    fn given_out(list: &ListCursors, row: &str) -> String {
        let page = list.page(vec![row, "z"], limit(), |last| ((*last).to_owned(), 7));
        page.unwrap().next_cursor.unwrap()
    }

    fn read(list: &ListCursors, text: &str) -> Result<(String, u32), Problem> {
        let query = read::query::<Parameters>(&format!("limit=1&cursor={text}"))?;
        list.after(query.cursor.as_ref()).map(Option::unwrap)
    }

    #[track_caller]
    fn is_refused(read: Result<(String, u32), Problem>) {
        let problem = read.unwrap_err();
        assert_eq!(problem.errors()[0].field, "cursor");
        assert_eq!(problem.errors()[0].detail, UNKNOWN);
    }

    #[test]
    fn a_key_comes_back_and_needs_no_escaping_in_a_url() {
        let list = keys(1, &[]).of_list(ACME, &QUERY).unwrap();
        let text = given_out(&list, "Zoë \u{1}");
        assert!(
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "{text}"
        );
        assert_eq!(read(&list, &text).unwrap(), ("Zoë \u{1}".to_owned(), 7));
        assert_eq!(list.after::<u32>(None).unwrap(), None);
        let longest = given_out(&list, &"\u{1}".repeat(200));
        assert!(longest.len() < Cursor::LONGEST && read(&list, &longest).is_ok());
    }

    #[test]
    fn one_of_another_scope_or_query_is_refused() {
        let keys = keys(1, &[]);
        let text = given_out(&keys.of_list(ACME, &QUERY).unwrap(), "a");
        for (scope, query) in [
            (&b"globex"[..], QUERY),
            (b"", QUERY),
            (ACME, ("users name asc", None)),
            (ACME, ("users name asc", Some("b"))),
            (ACME, ("users name desc", Some("a"))),
        ] {
            is_refused(read(&keys.of_list(scope, &query).unwrap(), &text));
        }
        // Where one part ends and the next begins counts as well.
        let shifted = keys.of_list(b"acme[", &QUERY).unwrap();
        is_refused(read(&shifted, &text));
    }

    #[test]
    fn an_altered_or_made_up_one_is_refused() {
        let list = keys(1, &[]).of_list(ACME, &QUERY).unwrap();
        let text = given_out(&list, "a");
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut altered = bytes.clone();
                altered[place] ^= 1 << bit;
                is_refused(read(&list, &URL_SAFE_NO_PAD.encode(altered)));
            }
        }
        let longer = URL_SAFE_NO_PAD.encode([bytes.as_slice(), b" "].concat());
        let unsigned = URL_SAFE_NO_PAD.encode(b"[1,1234567,[\"a\",7]]");
        for made_up in ["", "A", "%25", &text[..20], &longer, &unsigned, &"A".repeat(5000)] {
            is_refused(read(&list, made_up));
        }
    }

    #[test]
    fn older_keys_verify_until_they_are_gone() {
        let list = |keys: CursorKeys| keys.of_list(ACME, &QUERY).unwrap();
        let text = given_out(&list(keys(1, &[])), "a");
        let rotated = list(keys(2, &[1]));
        assert!(read(&rotated, &text).is_ok());
        assert_ne!(given_out(&rotated, "a"), text);
        is_refused(read(&list(keys(2, &[])), &text));
        assert!(!format!("{:?}", keys(1, &[])).contains('1'));
    }
}
