//! A pool of the service's own connections that outlives changes of the schema.

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection as _, Describe, Either, Execute, Executor, PgTransaction, Postgres, SqlStr};
use tenant_registry::ConnectFailure;
use tenant_registry::prepared::{self, Rerun};

/// A `PgPool` whose queries run once more where the schema has outgrown a prepared statement: `&ServicePool` is a sqlx
/// [`Executor`].
#[derive(Debug, Clone)]
pub(crate) struct ServicePool(PgPool);

impl ServicePool {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// A transaction. Its statements are prepared within it, where no `ALTER TABLE` comes between: nobody could run them
    /// once more by themselves.
    pub(crate) async fn begin(&self) -> Result<PgTransaction<'static>, sqlx::Error> {
        let mut connection = self.acquire().await?;
        connection.clear_cached_statements().await?;
        PgTransaction::begin(connection, None).await
    }

    /// Closes the pool; waits for borrowed connections.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }

    /// What kept it from a connection is told from what may come of a statement.
    async fn acquire(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        self.0.acquire().await.map_err(|error| match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => error,
            error => ConnectFailure::from(error).into(),
        })
    }
}

impl<'c> Executor<'c> for &'c ServicePool {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        async_stream::try_stream! {
            let mut connection = self.acquire().await?;
            let mut rows = prepared::fetch_many(&mut connection, query, Rerun::Once);
            while let Some(row) = rows.next().await {
                yield row?;
            }
        }
        .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            prepared::fetch_optional(&mut connection, query, Rerun::Once).await
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.0.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.0.describe(sql)
    }
}
