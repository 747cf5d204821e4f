//! A report as it is shown, whoever examined: its JSON is the same.

use serde::Deserialize;

/// An examination. See `control_plane::doctor::Report`, which says what the fields mean.
#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    pub(super) sound: bool,
    /// Not known of a service that is older than this command.
    pub(super) complete: Option<bool>,
    pub(super) findings: Vec<Found>,
    pub(super) examined: Vec<String>,
    pub(super) probed: Option<Probed>,
    pub(super) took_ms: u64,
    /// Whether tenants are let in; only a service knows.
    pub(super) serving: Option<bool>,
    /// How long ago it was; only a service knows.
    pub(super) age_ms: Option<u64>,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No error.
    Sound,
    /// An error at least.
    Unsound,
    /// Not all could be asked.
    NotKnown,
}

impl Shown {
    pub(super) fn verdict(&self) -> Verdict {
        match (self.complete, self.sound) {
            (Some(false) | None, false) | (Some(false), true) => Verdict::NotKnown,
            (Some(true), false) => Verdict::Unsound,
            // What could not be asked is an error, so that a sound one is complete.
            (Some(true) | None, true) => Verdict::Sound,
        }
    }
}

/// A finding.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub(super) code: String,
    pub(super) severity: String,
    pub(super) place: String,
    pub(super) object: String,
    pub(super) wrong: String,
    pub(super) risk: String,
    pub(super) remedy: Option<String>,
}

/// What the probe tried.
#[derive(Debug, Deserialize)]
pub(super) struct Probed {
    pub(super) tables: u64,
    pub(super) attempts: u64,
}
