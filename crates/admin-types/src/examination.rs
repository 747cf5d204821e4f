//! Examinations of the tenants' isolation.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Name, moment};

/// What an examination found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Examination {
    /// Whether tenants are let in; only a service knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving: Option<bool>,
    /// Milliseconds since it was completed; only a service knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// Whether no error was found.
    pub sound: bool,
    /// Whether everything could be asked. Not known of a service that is older than the command line.
    pub complete: Option<bool>,
    /// What was found, errors first.
    pub findings: Vec<Finding>,
    /// The databases that were read.
    pub examined: Vec<String>,
    /// What the probe tried; `None` where there was none.
    pub probed: Option<Probed>,
    /// When it began, by the clock of the tenants' database.
    #[serde(default, with = "moment::option")]
    pub examined_at: Option<OffsetDateTime>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// A finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of thing: stable.
    pub code: Name,
    /// `error` or `warning`.
    pub severity: Name,
    /// The database that it was found in, or the cluster.
    pub place: String,
    /// The table, function, role or other thing that it is about.
    pub object: String,
    /// What is wrong with it.
    pub wrong: String,
    /// What that lets happen.
    pub risk: Name,
    /// The SQL that closes it; `None` where SQL cannot.
    pub remedy: Option<String>,
}

/// What the probe tried.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Probed {
    /// Tables with a marked row of the victim's.
    pub tables: u64,
    /// Attempts to reach one.
    pub attempts: u64,
}
