//! Execution of an attempt, with everything that the attacker receives.

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _, ValueRef as _, raw_sql};

use crate::support::sqlstate;

/// What the attacker has received.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Values separated by `|`, rows by `;`.
    pub(crate) rows: String,
    /// The number of rows that the statements changed or returned.
    pub(crate) touched: u64,
    /// The SQLSTATE of the refusal.
    pub(crate) refusal: Option<String>,
    /// The error's text with detail and hint, and the notices.
    pub(crate) said: String,
}

impl Outcome {
    /// The outcome of a refused login or statement.
    pub(crate) fn refused(error: &sqlx::Error) -> Self {
        let mut outcome = Self::default();
        outcome.refuse(error);
        outcome
    }

    fn refuse(&mut self, error: &sqlx::Error) {
        self.refusal = Some(sqlstate(error));
        self.said = format!("{error:?}");
    }
}

/// Sends the statements as one message, like injected SQL.
pub(crate) async fn execute(session: &mut PgConnection, sql: &str) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(error) = send(session, sql, &mut outcome).await {
        outcome.refuse(&error);
    }
    outcome
}

async fn send(session: &mut PgConnection, sql: &str, outcome: &mut Outcome) -> Result<(), sqlx::Error> {
    if sql.starts_with("COPY") && sql.ends_with("STDOUT") {
        let chunks: Vec<_> = session.copy_out_raw(sql).await?.try_collect().await?;
        let text = String::from_utf8_lossy(&chunks.concat()).into_owned();
        outcome.rows = text.trim_end().replace('\n', ";");
        return Ok(());
    }
    if sql.starts_with("COPY") && sql.ends_with("STDIN") {
        let mut copy = session.copy_in_raw(sql).await?;
        copy.send("x\n".as_bytes()).await?;
        outcome.touched = copy.finish().await?;
        return Ok(());
    }
    let mut rows = Vec::new();
    let mut answers = session.fetch_many(raw_sql(AssertSqlSafe(sql.to_owned())));
    let end = loop {
        match answers.try_next().await {
            Ok(Some(Either::Left(done))) => outcome.touched = done.rows_affected(),
            Ok(Some(Either::Right(row))) => rows.push(text(&row)),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    outcome.rows = rows.join(";");
    end
}

/// The row as text: in the simple protocol every value is text.
fn text(row: &PgRow) -> String {
    let values: Vec<String> = (0..row.len())
        .map(|index| match row.try_get_raw(index).unwrap() {
            value if value.is_null() => "null".to_owned(),
            value => value.as_str().unwrap().to_owned(),
        })
        .collect();
    values.join("|")
}
