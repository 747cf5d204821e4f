//! The state of an issuer's keys.

use std::path::PathBuf;
use std::time::Duration;

/// Where an issuer's keys are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySetSource {
    /// A URL, here without its query.
    Url(String),
    /// A file, which is read once.
    File(PathBuf),
}

/// The state of an issuer's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetStatus {
    /// The issuer.
    pub issuer: String,
    /// Where its keys are from.
    pub source: KeySetSource,
    /// The number of usable keys; `None` before the first fetch, and when the keys are too old.
    pub keys: Option<usize>,
    /// When the last successful fetch began, or the file was read, since the Unix epoch.
    pub fetched_at: Option<Duration>,
    /// Time since then, on the monotonic clock.
    pub age: Option<Duration>,
    /// The age from which on the keys are not used any more; `None` for a file.
    pub max_stale: Option<Duration>,
    /// Why the last fetch failed; `None` if it did not. Of the answer it has the status alone, and of the URL nothing.
    pub failure: Option<String>,
}
