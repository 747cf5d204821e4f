//! A transaction that a dropped future cannot leave open for the next one.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use pg_session::Refusal;
use pg_session::prepared::Rerun;
use sqlx::postgres::{PgConnection, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Describe, Either, Execute, Executor, Postgres, SqlStr};

use crate::checkout::Checkouts;
use crate::connection::TenantConnection;
use crate::id::TenantId;
use crate::pool::DefaultPool;

/// PostgreSQL answers the COMMIT of a failed transaction with a ROLLBACK and no error. Within one it refuses any
/// other statement (25P02), so an empty one in front, in the same message, makes it an error.
const COMMIT: &str = "SELECT; COMMIT";

/// An open transaction of the tenant's: committed by [`commit`](Self::commit), rolled back otherwise, also
/// when the future that uses it is dropped at any point.
///
/// ```no_run
/// # use tenant_registry::TenantDb;
/// async fn confirm_all(db: &TenantDb) -> Result<(), sqlx::Error> {
///     let mut transaction = db.begin().await?;
///     sqlx::query("UPDATE app.users SET confirmed = true WHERE tenant_id = $1")
///         .bind(db.tenant().as_uuid())
///         .execute(&mut transaction)
///         .await?;
///     transaction.commit().await
/// }
/// ```
pub struct TenantTransaction<P: Checkouts = DefaultPool> {
    // Unclean from BEGIN to the reply to COMMIT: whatever is dropped in between is rolled back.
    connection: TenantConnection<P>,
}

impl<P: Checkouts> TenantTransaction<P> {
    pub(crate) async fn begin(mut connection: TenantConnection<P>) -> Result<Self, Refusal> {
        let begun = match connection.start() {
            Ok(bare) => bare.execute("BEGIN").await.map(drop),
            Err(error) => Err(error),
        };
        match begun {
            Ok(()) => Ok(Self { connection }),
            Err(error) => {
                connection.failed(&error);
                Err(Refusal::Begin(Arc::new(error)))
            }
        }
    }

    /// Whose transaction it is.
    pub fn tenant(&self) -> TenantId {
        self.connection.tenant()
    }

    /// The bare connection of sqlx, for what this type does not offer, such as `COPY`. What is open stays open; the
    /// connection costs a round trip more when it goes back.
    ///
    /// # Errors
    /// When the connection is not there any more.
    pub fn bare(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.connection.bare()
    }

    /// Commits. When this future is dropped, or the connection breaks, the outcome is unknown to the caller, as
    /// with any database; the connection is not used again before it is out of the transaction.
    ///
    /// # Errors
    /// What the server answers; then nothing was committed. A transaction that failed earlier is an error here
    /// too (25P02).
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.end(COMMIT).await
    }

    /// Rolls back and waits for it. Dropping does the same without waiting.
    ///
    /// # Errors
    /// When the connection broke; the server has rolled back then.
    pub async fn rollback(mut self) -> Result<(), sqlx::Error> {
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        let ended = self.connection.start()?.execute(sql).await;
        match &ended {
            Ok(_) => self.connection.completed(),
            Err(error) => self.connection.failed(error),
        }
        ended.map(drop)
    }
}

impl<P: Checkouts> fmt::Debug for TenantTransaction<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantTransaction")
            .field("tenant", &self.tenant())
            .finish_non_exhaustive()
    }
}

impl<'c, P: Checkouts> Executor<'c> for &'c mut TenantTransaction<P> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.connection.run_many(query, Rerun::Never)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(self.connection.run_optional(query, Rerun::Never))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move { self.connection.start()?.prepare_with(sql, parameters).await })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move { self.connection.start()?.describe(sql).await })
    }
}
