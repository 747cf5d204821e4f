//! One attempt: what is sent, and what its outcome means.

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _, raw_sql};

use crate::doctor::Finding;
use crate::doctor::finding::cause;

/// `insufficient_privilege`, by a missing right and by a policy alike.
const DENIED: &str = "42501";
/// `not_null_violation`.
const NOT_NULL: &str = "23502";
/// Unique and exclusion violation.
const COLLISIONS: [&str; 2] = ["23505", "23P01"];

/// When an attempt is refused.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refused {
    /// It is denied. Whatever else happens, even that a lock could not be had, shows that it was not.
    Denied,
    /// It is denied, or the attacker could not make the row of its own that it wants to give away: a column that is NOT
    /// NULL (23502) refers to a table where it has no row.
    GivesNothingAway,
    /// It is denied, or its last row's first column, a number of rows, is 0.
    ReadsNothing,
    /// It is denied, or changes no row.
    ChangesNothing,
    /// It meets no other tenant's value. Whether it succeeds does not matter.
    MeetsNobody,
}

/// An attempt of the attacker's.
pub(super) struct Attempt {
    /// The finding that it makes where it gets through.
    pub(super) code: &'static str,
    pub(super) object: String,
    /// What it tries, as the beginning of a sentence that goes on with what came of it.
    pub(super) tries: String,
    pub(super) sql: String,
    pub(super) refused: Refused,
    pub(super) remedy: Option<String>,
}

/// An attempt without a remedy.
pub(super) fn attempt(
    code: &'static str,
    object: &str,
    tries: &str,
    sql: String,
    refused: Refused,
) -> Attempt {
    Attempt {
        code,
        object: object.to_owned(),
        tries: tries.to_owned(),
        sql,
        refused,
        remedy: None,
    }
}

/// What came of an attempt.
struct Outcome {
    changed: u64,
    last: Option<PgRow>,
}

impl Attempt {
    /// Makes the attempt in a transaction that is rolled back. `None`: it was refused.
    pub(super) async fn make(
        self,
        session: &mut PgConnection,
        place: &str,
    ) -> Result<Option<Finding>, sqlx::Error> {
        session.execute("BEGIN").await?;
        let outcome = self.send(session).await;
        session.execute("ROLLBACK").await?;
        let (code, what) = match (outcome, self.refused) {
            (Err(error), refused) => {
                let Some(state) = sqlstate(&error) else {
                    return Err(error);
                };
                match refused {
                    _ if state == DENIED => return Ok(None),
                    Refused::MeetsNobody if !COLLISIONS.contains(&state.as_str()) => return Ok(None),
                    // A role that is not there cannot be become.
                    Refused::Denied if state == "22023" && self.code == "PROBE_BECAME" => return Ok(None),
                    Refused::GivesNothingAway if state == NOT_NULL => return Ok(None),
                    Refused::Denied | Refused::GivesNothingAway | Refused::MeetsNobody => {
                        (self.code, cause(&error))
                    }
                    Refused::ReadsNothing | Refused::ChangesNothing => ("PROBE_FAILED", cause(&error)),
                }
            }
            (Ok(_), Refused::MeetsNobody) => return Ok(None),
            (Ok(_), Refused::Denied | Refused::GivesNothingAway) => (self.code, "it was done".to_owned()),
            (Ok(outcome), Refused::ReadsNothing) => match outcome.rows() {
                Some(0) => return Ok(None),
                Some(rows) => (self.code, format!("{rows} row(s) of another tenant's were met")),
                None => ("PROBE_FAILED", "there was no answer".to_owned()),
            },
            (Ok(outcome), Refused::ChangesNothing) if outcome.changed == 0 => return Ok(None),
            (Ok(outcome), Refused::ChangesNothing) => (
                self.code,
                format!("{} row(s) of another tenant's were changed", outcome.changed),
            ),
        };
        let wrong = format!("{}: {what}", self.tries);
        Ok(Some(
            Finding::new(code, place, self.object, wrong).closed_by(self.remedy),
        ))
    }

    async fn send(&self, session: &mut PgConnection) -> Result<Outcome, sqlx::Error> {
        let mut outcome = Outcome {
            changed: 0,
            last: None,
        };
        let mut answers = raw_sql(AssertSqlSafe(self.sql.as_str())).fetch_many(session);
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(done) => outcome.changed = done.rows_affected(),
                Either::Right(row) => outcome.last = Some(row),
            }
        }
        Ok(outcome)
    }
}

impl Outcome {
    fn rows(&self) -> Option<i64> {
        self.last.as_ref()?.try_get(0).ok()
    }
}

fn sqlstate(error: &sqlx::Error) -> Option<String> {
    let state = error.as_database_error()?.code()?;
    Some(state.into_owned())
}
