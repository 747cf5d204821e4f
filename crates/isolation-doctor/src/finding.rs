//! Findings of an examination.

use serde::Serialize;

use crate::codes;
use crate::severity::Severity;

/// Something that is wrong, or that could not be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind of finding. Stable: never renamed and never reused.
    pub code: &'static str,
    /// How severe it is.
    pub severity: Severity,
    /// The database, or the cluster for what concerns all of its databases.
    pub place: String,
    /// The table, function, role or other object.
    pub object: String,
    /// What is wrong with the object.
    pub wrong: String,
    /// What that allows.
    pub risk: &'static str,
    /// The SQL that corrects it, to be run in `place` as the object's owner or a superuser; `None` where SQL cannot.
    pub remedy: Option<String>,
}

impl Finding {
    /// A finding of this code. An unknown code counts as `NOT_EXAMINED`.
    pub(crate) fn new(code: &str, place: &str, object: impl Into<String>, wrong: impl Into<String>) -> Self {
        let rule = codes::find(code).unwrap_or(&codes::NOT_EXAMINED);
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

    /// The same finding with the SQL that corrects it.
    pub(crate) fn with_remedy(mut self, remedy: Option<String>) -> Self {
        self.remedy = remedy;
        self
    }

    /// Whether it proves that tenants are not isolated.
    pub(crate) fn breaks_isolation(&self) -> bool {
        self.severity == Severity::Error && !self.is_gap()
    }

    /// Whether it says that something could not be checked.
    pub fn is_gap(&self) -> bool {
        [
            codes::NOT_EXAMINED.code,
            codes::UNREACHABLE.code,
            codes::PROBE_FAILED.code,
        ]
        .contains(&self.code)
    }
}

/// The text of an error: the server's message and SQLSTATE, or the connection's error.
pub(crate) fn describe_error(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(answer) => {
            let code = answer.code().unwrap_or_default();
            format!("{} ({code})", answer.message())
        }
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
