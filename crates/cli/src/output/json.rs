//! JSON, for programs.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde::Serialize;

use super::document;
use crate::text::is_safe;

/// The document, indented, with the names of each object in alphabetical order.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn pretty(document: &(impl Serialize + ?Sized)) -> anyhow::Result<String> {
    serde_json::to_string(document)
        .and_then(|json| document::read(&json))
        .and_then(|document| serde_json::to_string_pretty(&document))
        .map(|json| escape(&json))
        .context("cannot be written as JSON")
}

/// Escapes what a terminal would obey. Apart from line ends such characters are in strings only, and all of them have
/// four hexadecimal digits.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for one in json.chars() {
        if one == '\n' || is_safe(one) {
            escaped.push(one);
        } else {
            // Writing to a string does not fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(one));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn control_and_bidirectional_characters_are_escaped_and_mean_the_same() {
        let document =
            json!({"na\u{202e}me": "a\u{1b}[2J\u{7f}\u{9b}\u{2066}\u{feff}\n東京", "b": [1, null]});
        let text = pretty(&document).unwrap();
        assert_eq!(
            text,
            "{\n  \"b\": [\n    1,\n    null\n  ],\n  \"na\\u202eme\": \
             \"a\\u001b[2J\\u007f\\u009b\\u2066\\ufeff\\n東京\"\n}"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    }
}
