//! The parts of a token that say which key verifies it. Nothing here is verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::json;
use crate::rejection::Refusal;

/// The longest token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 << 10;

/// Header parameters that no token may have: extensions that must be understood (`crit`, `b64`), encodings of the payload
/// (`enc`, `zip`), and keys or addresses of keys that the token brings with it.
const REFUSED_PARAMETERS: [&str; 8] = ["crit", "b64", "enc", "zip", "jku", "jwk", "x5u", "x5c"];

/// What selects the issuer and the key.
#[derive(Debug)]
pub(crate) struct Selectors {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<String>,
    pub(crate) issuer: String,
}

impl Selectors {
    /// Reads a compact serialization (RFC 7515 section 7.1).
    pub(crate) fn read(token: &str) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLarge);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(_signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        let header = object(header)?;
        if REFUSED_PARAMETERS.iter().any(|name| header.contains_key(*name)) {
            return Err(Refusal::Header);
        }
        check_type(&header)?;
        let Some(Value::String(algorithm)) = header.get("alg") else {
            return Err(Refusal::Algorithm);
        };
        let algorithm = Algorithm::named(algorithm).ok_or(Refusal::Algorithm)?;
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(key_id)) => Some(key_id.clone()),
            Some(_) => return Err(Refusal::Malformed),
        };
        let Some(Value::String(issuer)) = object(payload)?.remove("iss") else {
            return Err(Refusal::Issuer);
        };
        Ok(Self {
            algorithm,
            key_id,
            issuer,
        })
    }
}

fn object(part: &str) -> Result<Map<String, Value>, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    json::object(&bytes).ok_or(Refusal::Malformed)
}

/// `JWT` (RFC 7519 section 5.1) or `at+jwt` (RFC 9068 section 2.1), media types without regard to case. A token of another
/// type, such as a `DPoP` proof or a logout token, is for another purpose (RFC 8725 section 3.11).
fn check_type(header: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(given) = header.get("typ") else {
        return Ok(());
    };
    let given = given.as_str().unwrap_or_default().to_ascii_lowercase();
    let given = given.strip_prefix("application/").unwrap_or(&given);
    if matches!(given, "jwt" | "at+jwt") {
        Ok(())
    } else {
        Err(Refusal::Type)
    }
}
