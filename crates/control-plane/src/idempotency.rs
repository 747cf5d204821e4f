//! A request that is sent again with the same key.

use serde_json::{Map, Value};

/// A key, and the request that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose it is: callers do not meet each other's keys.
    pub caller: String,
    /// The key: 1 to 255 visible ASCII characters.
    pub key: String,
    /// SHA-256 of the request: the same key with another request is a mistake.
    pub request: [u8; 32],
}

impl IdempotencyKey {
    /// Whether a caller may send this as a key.
    pub fn is_fit(key: &str) -> bool {
        (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// An answer as it is kept, without what is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status, 200 to 499.
    pub status: u16,
    /// Headers by their names; texts.
    pub headers: Map<String, Value>,
    /// The body.
    pub body: Vec<u8>,
}
