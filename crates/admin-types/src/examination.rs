//! Examinations of the tenants' isolation.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{Name, moment};

/// What an examination found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "serving": true,
    "age_ms": 90_000,
    "sound": true,
    "complete": true,
    "findings": [],
    "examined": ["tenantry_control", "tenantry_data"],
    "probed": {"tables": 1, "attempts": 38},
    "examined_at": "2026-11-30T16:02:55.573939Z",
    "took_ms": 412,
}))]
pub struct Examination {
    /// Whether tenants are let in; only a service knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub serving: Option<bool>,
    /// Milliseconds since it was completed; only a service knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub age_ms: Option<u64>,
    /// Whether no error was found.
    pub sound: bool,
    /// Whether everything could be asked. Not known of a service that is older than the command line.
    #[schema(required)]
    pub complete: Option<bool>,
    /// What was found, errors first.
    pub findings: Vec<Finding>,
    /// The databases that were read.
    pub examined: Vec<String>,
    /// What the probe tried; `null` where there was none.
    #[schema(required)]
    pub probed: Option<Probed>,
    /// When it began, by the clock of the tenants' database.
    #[serde(default, with = "moment::option")]
    #[schema(required)]
    pub examined_at: Option<OffsetDateTime>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// A finding.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What kind of thing: stable.
    #[schema(value_type = String)]
    pub code: Name,
    /// `error` or `warning`.
    #[schema(value_type = String)]
    pub severity: Name,
    /// The database that it was found in, or the cluster.
    pub place: String,
    /// The table, function, role or other thing that it is about.
    pub object: String,
    /// What is wrong with it.
    pub wrong: String,
    /// What that lets happen.
    #[schema(value_type = String)]
    pub risk: Name,
    /// The SQL that closes it; `null` where SQL cannot.
    #[schema(required)]
    pub remedy: Option<String>,
}

/// What the probe tried.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Probed {
    /// Tables with a marked row of the victim's.
    pub tables: u64,
    /// Attempts to reach one.
    pub attempts: u64,
}
