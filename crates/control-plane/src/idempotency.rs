//! Idempotency keys of requests, and stored answers.

use serde_json::{Map, Value};

/// An idempotency key and its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The caller. Different callers may use the same key.
    pub caller: String,
    /// The key: 1 to 255 visible ASCII characters.
    pub key: String,
    /// SHA-256 of the request. The same key with another request is an error.
    pub request: [u8; 32],
}

impl IdempotencyKey {
    /// The maximum of characters.
    pub const MAX: usize = 255;

    /// Whether a text is a valid key.
    pub fn is_fit(key: &str) -> bool {
        (1..=Self::MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// A stored answer, without secrets that are shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The status, 200 to 499.
    pub status: u16,
    /// Headers by name, as texts.
    pub headers: Map<String, Value>,
    /// The body.
    pub body: Vec<u8>,
}
