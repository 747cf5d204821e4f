//! JSON, for programs.

use anyhow::Context as _;
use serde::Serialize;

/// The document, indented.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn pretty(document: &impl Serialize) -> anyhow::Result<String> {
    serde_json::to_string_pretty(document).context("cannot be written as JSON")
}
