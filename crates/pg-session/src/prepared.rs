//! Repreparation of statements that a schema change has invalidated.
//!
//! After `ALTER TABLE … TYPE` PostgreSQL refuses a statement that a connection prepared before it (0A000, "cached plan
//! must not change result type"), each time, until the connection closes; after `DEALLOCATE ALL` the statement is
//! unknown (26000). Both errors come before the statement has any effect, so outside a transaction it is prepared again
//! and rerun, and the caller does not notice a concurrent migration. Within a transaction the error is returned, since
//! the server has aborted it. In both cases the connection's cached statements are cleared.

use async_stream::try_stream;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::{PgArguments, PgConnection, PgDatabaseError, PgQueryResult, PgRow};
use sqlx::query::Query;
use sqlx::{Connection as _, Either, Execute, Executor as _, Postgres, SqlStr};

/// Whether an outdated statement is prepared again and rerun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rerun {
    /// The statement is a transaction by itself.
    Once,
    /// The statement is part of a transaction.
    Never,
}

/// Whether the server refused an outdated or unknown prepared statement, before it had any effect.
pub fn is_outdated(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    let error = error.and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|error| {
        // Not from within a function, whose earlier statements may have had effects.
        error.r#where().is_none()
            && match error.code() {
                // 0A000 is any unsupported feature; only this routine raises it for cached plans.
                "0A000" => error.routine() == Some("RevalidateCachedQuery"),
                "26000" => true,
                _ => false,
            }
    })
}

/// As the connection's own `fetch_many`.
pub fn fetch_many<'e, 'q, E>(
    connection: &'e mut PgConnection,
    query: E,
    rerun: Rerun,
) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
where
    E: Execute<'q, Postgres>,
{
    let statement = Statement::of(query);
    Box::pin(try_stream! {
        let Statement { sql, arguments, persistent } = statement?;
        let Some(arguments) = arguments else {
            // The text may have several statements, of which the first may have run.
            let mut rows = connection.fetch_many(sqlx::raw_sql(sql));
            while let Some(row) = rows.try_next().await? {
                yield row;
            }
            return;
        };
        let outdated = {
            let first = prepared(sql.clone(), arguments.clone(), persistent);
            let mut rows = connection.fetch_many(first);
            let mut answered = false;
            loop {
                match rows.next().await {
                    Some(Ok(row)) => {
                        answered = true;
                        yield row;
                    }
                    Some(Err(error)) if !answered && is_outdated(&error) => break error,
                    Some(Err(error)) => Err(error)?,
                    None => return,
                }
            }
        };
        connection.clear_cached_statements().await?;
        if rerun == Rerun::Never {
            Err(outdated)?;
        }
        let mut rows = connection.fetch_many(prepared(sql, arguments, persistent));
        while let Some(row) = rows.try_next().await? {
            yield row;
        }
    })
}

/// As the connection's own `fetch_optional`.
pub fn fetch_optional<'e, 'q, E>(
    connection: &'e mut PgConnection,
    query: E,
    rerun: Rerun,
) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
where
    E: Execute<'q, Postgres>,
{
    let statement = Statement::of(query);
    Box::pin(async move {
        let Statement {
            sql,
            arguments,
            persistent,
        } = statement?;
        let Some(arguments) = arguments else {
            return connection.fetch_optional(sqlx::raw_sql(sql)).await;
        };
        let first = prepared(sql.clone(), arguments.clone(), persistent);
        match connection.fetch_optional(first).await {
            Err(error) if is_outdated(&error) => {
                connection.clear_cached_statements().await?;
                match rerun {
                    Rerun::Once => {
                        let again = prepared(sql, arguments, persistent);
                        connection.fetch_optional(again).await
                    }
                    Rerun::Never => Err(error),
                }
            }
            outcome => outcome,
        }
    })
}

/// The parts of a query, to send it twice.
struct Statement {
    sql: SqlStr,
    /// `None`: sent as text, not prepared.
    arguments: Option<PgArguments>,
    persistent: bool,
}

impl Statement {
    fn of<'q>(mut query: impl Execute<'q, Postgres>) -> Result<Self, sqlx::Error> {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
        Ok(Self {
            arguments,
            persistent: query.persistent(),
            sql: query.sql(),
        })
    }
}

fn prepared(sql: SqlStr, arguments: PgArguments, persistent: bool) -> Query<'static, Postgres, PgArguments> {
    sqlx::query_with(sql, arguments).persistent(persistent)
}
