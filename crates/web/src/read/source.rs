//! Entry points for reading a request: a JSON object, or a query string.

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::deserializer::Value;
use super::{collect, percent, unique_names};
use crate::error::{Code, Problem};

/// Reads a JSON object.
///
/// # Errors
/// `MALFORMED` if it is not one, with line and column but never with content; `VALIDATION` with every wrong field.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let object = object(body)?;
    collect::read(
        Value::Json(object),
        "is not a field of this resource, or cannot be set",
    )
}

/// Reads a query string, without its question mark.
///
/// # Errors
/// `MALFORMED` if it cannot be decoded; `VALIDATION` with every wrong parameter. A repeated parameter is wrong: it is
/// ambiguous, and a proxy in front may choose another value.
pub fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let parameters = percent::pairs(query).ok_or_else(|| {
        Problem::new(Code::Malformed).detail("the query string is not valid percent-encoded UTF-8")
    })?;
    collect::read(Value::Query(&parameters), "is not a parameter of this route")
}

fn object(bytes: &[u8]) -> Result<&RawValue, Problem> {
    let malformed = |detail: String| Problem::new(Code::Malformed).detail(detail);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        malformed(format!(
            "the body is not UTF-8 from byte {} on",
            error.valid_up_to()
        ))
    })?;
    match text.trim_ascii_start().chars().next() {
        Some('{') => {}
        Some(_) => return Err(malformed("the body must be a JSON object".into())),
        None => return Err(malformed("the body is empty; a JSON object is expected".into())),
    }
    let object = unique_names(text).and_then(|()| serde_json::from_str(text));
    object.map_err(|error| {
        let what = match error.classify() {
            Category::Eof => "the JSON ends too early",
            Category::Data => "a name stands twice in a JSON object",
            Category::Syntax | Category::Io => "the JSON is not valid",
        };
        malformed(format!(
            "{what}: line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}
