//! Re-preparing of statements that the schema has outgrown.
//!
//! After `ALTER TABLE … TYPE` PostgreSQL refuses a statement that a connection prepared before it (0A000, "cached plan
//! must not change result type"), each time, for as long as the connection lives; and after `DEALLOCATE ALL` it does not
//! know the statement any more (26000). Both come before anything of the statement has run, so outside a transaction it
//! can be prepared anew and run once more, and its caller sees nothing of a migration that runs beside it. Within a
//! transaction the server has given up what came before, so the error stays; what the connection has prepared is
//! forgotten in either case.

use async_stream::try_stream;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::{PgArguments, PgConnection, PgDatabaseError, PgQueryResult, PgRow};
use sqlx::query::Query;
use sqlx::{Connection as _, Either, Execute, Executor as _, Postgres, SqlStr};

/// Whether a statement that has to be prepared anew runs once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rerun {
    /// It is a transaction by itself.
    Once,
    /// It is part of one.
    Never,
}

/// Whether the server refused a prepared statement before anything of it ran: the schema has outgrown it, or the server
/// does not know it.
pub fn is_outdated(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    let error = error.and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|error| {
        // Not from within a function, which may have done something before.
        error.r#where().is_none()
            && match error.code() {
                // 0A000 is everything that PostgreSQL has no support for; this is the one place that checks plans.
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
            // Several statements may stand in the text, and the first of them may have run.
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

/// What a query is made of, so that it can be sent twice.
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
