//! The JSON of a key ring file, format 1:
//!
//! ```json
//! {
//!   "format": 1,
//!   "current": "2026-07",
//!   "keys": [
//!     { "id": "2026-01", "created": "2026-01-05T09:00:00Z", "key": "<32 bytes in Base64>" },
//!     { "id": "2026-07", "key": "<32 bytes in Base64>" }
//!   ]
//! }
//! ```

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::error::Category;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{KeyRing, KeyRingFormatError, RingKey};
use crate::{KekId, SecretKey};

const FORMAT: u64 = 1;

/// More than one key takes in the file, in bytes.
const ENTRY_ROOM: usize = 256;

/// Read on its own and first, so that a later format is called that and not a wrong field.
#[derive(Deserialize)]
struct Version {
    format: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u64,
    current: KekId,
    keys: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: KekId,
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    created: Option<OffsetDateTime>,
    #[serde(serialize_with = "expose")]
    key: SecretString,
}

impl KeyRing {
    /// Reads the content of a key ring file.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, KeyRingFormatError> {
        let Version { format } = parse(json)?;
        if format != FORMAT {
            return Err(KeyRingFormatError::UnsupportedFormat(format));
        }
        let Document {
            format: _,
            current,
            keys,
        } = parse(json)?;
        let keys = keys.into_iter().map(Entry::decode).collect::<Result<_, _>>()?;
        Self::new(current, keys)
    }

    /// The content of a key ring file with these keys.
    ///
    /// # Errors
    /// None in practice; the serialiser's signature has one.
    pub(super) fn to_json(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let keys = self.keys.iter().map(Entry::encode).collect();
        let document = Document {
            format: FORMAT,
            current: self.current.clone(),
            keys,
        };
        // Room for all of it at once: growing would leave copies of the keys behind.
        let mut json = Zeroizing::new(Vec::with_capacity(ENTRY_ROOM * (1 + self.keys.len())));
        serde_json::to_writer_pretty(&mut *json, &document)?;
        json.push(b'\n');
        Ok(json)
    }
}

impl Entry {
    fn decode(self) -> Result<RingKey, KeyRingFormatError> {
        let Self {
            id,
            created,
            key: text,
        } = self;
        let text = text.expose_secret();
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
        if STANDARD.decode_vec(text, &mut bytes).is_err() {
            return Err(KeyRingFormatError::NotBase64(id));
        }
        match SecretKey::from_slice(&bytes) {
            Some(key) => Ok(RingKey { id, created, key }),
            None => Err(KeyRingFormatError::KeyLength {
                id,
                length: bytes.len(),
            }),
        }
    }

    fn encode(RingKey { id, created, key }: &RingKey) -> Self {
        Self {
            id: id.clone(),
            created: *created,
            key: STANDARD.encode(key.expose()).into(),
        }
    }
}

fn expose<S: Serializer>(key: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.expose_secret())
}

/// Reads JSON. Of serde's error only the place is kept: its text quotes the file, and so perhaps a key.
fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, KeyRingFormatError> {
    serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Data => KeyRingFormatError::Field { line, column },
            Category::Io | Category::Syntax | Category::Eof => KeyRingFormatError::Json { line, column },
        }
    })
}
