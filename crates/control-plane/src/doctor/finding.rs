//! What an examination found.

use serde::Serialize;

use super::rules;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Tenants are not kept apart, or it is not known that they are: the examination is failed.
    Error,
    /// Worth a look: it is shown and fails nothing.
    Warning,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing: stable, never renamed and never reused.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The database that it was found in, or the cluster where it concerns all of its databases.
    pub place: String,
    /// The table, function, role or whatever it is about.
    pub object: String,
    /// What is wrong with it.
    pub wrong: String,
    /// What that lets happen.
    pub risk: &'static str,
    /// The SQL that closes it, to be run in `place` as the object's owner or a superuser; `None` where SQL cannot.
    pub remedy: Option<String>,
}

impl Finding {
    /// A finding of this code. A code that has no rule is no reason to be silent: it counts as not examined.
    pub(super) fn new(code: &str, place: &str, object: impl Into<String>, wrong: impl Into<String>) -> Self {
        let rule = rules::find(code).unwrap_or(&rules::NOT_EXAMINED);
        Self {
            code: rule.code,
            severity: rule.severity,
            place: place.to_owned(),
            object: object.into(),
            wrong: wrong.into(),
            risk: rule.risk,
            remedy: None,
        }
    }

    /// The same with the SQL that closes it.
    pub(super) fn closed_by(mut self, remedy: Option<String>) -> Self {
        self.remedy = remedy;
        self
    }

    /// Whether it says that something could not be asked.
    pub fn is_gap(&self) -> bool {
        [
            rules::NOT_EXAMINED.code,
            rules::UNREACHABLE.code,
            rules::PROBE_FAILED.code,
        ]
        .contains(&self.code)
    }
}

/// An error of PostgreSQL or of the way to it, as text: what the server says, and its SQLSTATE.
pub(super) fn cause(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(answer) => {
            let code = answer.code().unwrap_or_default();
            format!("{} ({code})", answer.message())
        }
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
