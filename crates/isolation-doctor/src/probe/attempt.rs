//! One attempt of the attacker: the SQL, and the judgement of its outcome.

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _, raw_sql};

use crate::finding::{Finding, describe_error};

/// `insufficient_privilege`, for a missing right and for a policy.
const DENIED: &str = "42501";
/// `not_null_violation`.
const NOT_NULL: &str = "23502";
/// `invalid_parameter_value`: SET ROLE to a role that does not exist.
const NO_SUCH_ROLE: &str = "22023";
/// Unique and exclusion violation.
const COLLISIONS: [&str; 2] = ["23505", "23P01"];

/// The outcome that isolation requires.
#[derive(Debug, Clone, Copy)]
pub(super) enum Required {
    /// It is denied. Any other error, even an unavailable lock, shows that it was not denied.
    Denied,
    /// It is denied, or the attacker cannot create the row that it would give away: a NOT NULL column (23502) refers to
    /// a table where it has no row.
    DeniedOrNoOwnRow,
    /// It is denied, or its last row's first column, a row count, is 0.
    ReadsNothing,
    /// It is denied, or changes no row.
    ChangesNothing,
    /// It collides with no other tenant's value. It may succeed.
    NoCollision,
}

/// An attempt of the attacker.
pub(super) struct Attempt {
    /// The code of the finding when it succeeds.
    pub(super) code: &'static str,
    pub(super) object: String,
    /// What it does, as the first part of the finding's text.
    pub(super) action: String,
    pub(super) sql: String,
    pub(super) required: Required,
    pub(super) remedy: Option<String>,
}

/// An attempt without a remedy.
pub(super) fn attempt(
    code: &'static str,
    object: &str,
    action: &str,
    sql: String,
    required: Required,
) -> Attempt {
    Attempt {
        code,
        object: object.to_owned(),
        action: action.to_owned(),
        sql,
        required,
        remedy: None,
    }
}

/// The outcome of an attempt's statements.
struct Outcome {
    rows_changed: u64,
    last_row: Option<PgRow>,
}

impl Attempt {
    /// Makes the attempt in a transaction that is rolled back. `None` when the outcome is the required one.
    pub(super) async fn make(
        self,
        session: &mut PgConnection,
        place: &str,
    ) -> Result<Option<Finding>, sqlx::Error> {
        session.execute("BEGIN").await?;
        let outcome = self.send(session).await;
        session.execute("ROLLBACK").await?;
        let (code, what) = match (outcome, self.required) {
            (Err(error), required) => {
                let Some(state) = sqlstate(&error) else {
                    return Err(error);
                };
                match required {
                    _ if state == DENIED => return Ok(None),
                    Required::NoCollision if !COLLISIONS.contains(&state.as_str()) => return Ok(None),
                    Required::Denied if state == NO_SUCH_ROLE && self.code == "PROBE_BECAME" => {
                        return Ok(None);
                    }
                    Required::DeniedOrNoOwnRow if state == NOT_NULL => return Ok(None),
                    Required::Denied | Required::DeniedOrNoOwnRow | Required::NoCollision => {
                        (self.code, describe_error(&error))
                    }
                    Required::ReadsNothing | Required::ChangesNothing => {
                        ("PROBE_FAILED", describe_error(&error))
                    }
                }
            }
            (Ok(_), Required::NoCollision) => return Ok(None),
            (Ok(_), Required::Denied | Required::DeniedOrNoOwnRow) => (self.code, "it succeeded".to_owned()),
            (Ok(outcome), Required::ReadsNothing) => match outcome.row_count() {
                Some(0) => return Ok(None),
                Some(rows) => (self.code, format!("it reached {rows} row(s) of another tenant")),
                None => ("PROBE_FAILED", "it returned no row".to_owned()),
            },
            (Ok(outcome), Required::ChangesNothing) if outcome.rows_changed == 0 => return Ok(None),
            (Ok(outcome), Required::ChangesNothing) => (
                self.code,
                format!("it changed {} row(s) of another tenant", outcome.rows_changed),
            ),
        };
        let wrong = format!("{}: {what}", self.action);
        Ok(Some(
            Finding::new(code, place, self.object, wrong).with_remedy(self.remedy),
        ))
    }

    async fn send(&self, session: &mut PgConnection) -> Result<Outcome, sqlx::Error> {
        let mut outcome = Outcome {
            rows_changed: 0,
            last_row: None,
        };
        let mut answers = raw_sql(AssertSqlSafe(self.sql.as_str())).fetch_many(session);
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(done) => outcome.rows_changed = done.rows_affected(),
                Either::Right(row) => outcome.last_row = Some(row),
            }
        }
        Ok(outcome)
    }
}

impl Outcome {
    fn row_count(&self) -> Option<i64> {
        self.last_row.as_ref()?.try_get(0).ok()
    }
}

fn sqlstate(error: &sqlx::Error) -> Option<String> {
    let state = error.as_database_error()?.code()?;
    Some(state.into_owned())
}
