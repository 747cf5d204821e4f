//! Pools of the service's own connections, whose statements survive schema changes.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use schema::{Cluster, Login, verify_startup_options};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection as _, Describe, Either, Execute, Executor, PgTransaction, Postgres, SqlStr};
use tenant_registry::prepared::{self, Rerun};
use tenant_registry::{ConnectFailure, bounded_pings, bounded_return};

/// The timeout of the ping before a connection is used.
const PING_BEFORE_USE: Duration = Duration::from_secs(1);
/// The timeout of the ping when a connection is returned.
const PING_ON_RETURN: Duration = Duration::from_secs(2);

/// A `PgPool` whose queries are prepared again when a schema change has invalidated their statement. `&ServicePool` is a
/// sqlx [`Executor`].
#[derive(Debug, Clone)]
pub(crate) struct ServicePool(PgPool);

impl ServicePool {
    /// A small pool that logs in on its first use.
    pub(crate) fn open(cluster: &Cluster, database: &str, service: &Login, max_connections: u32) -> Self {
        let connect = cluster.options(service, database).options([
            ("statement_timeout", "10000"),
            ("lock_timeout", "5000"),
            // Bounds how long a replica that vanished silently keeps its locks.
            ("idle_in_transaction_session_timeout", "10000"),
            // A generic plan for pages of any length sorts all tenants for each page: 9 times slower at ten thousand
            // tenants. Planning each statement costs a seventh of a millisecond.
            ("plan_cache_mode", "force_custom_plan"),
        ]);
        let expected = connect.clone();
        let options = bounded_pings(PgPoolOptions::new(), database, Duration::ZERO, PING_BEFORE_USE);
        let options = bounded_return(options, database, PING_ON_RETURN)
            .max_connections(max_connections)
            .after_connect(move |connection, _| {
                let expected = expected.clone();
                Box::pin(async move { verify_startup_options(connection, &expected).await })
            })
            .acquire_timeout(cluster.connect_timeout)
            .idle_timeout(Duration::from_mins(5));
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that opens a pool of the control plane"
        )]
        Self(options.connect_lazy_with(connect))
    }

    /// Begins a transaction. It starts without prepared statements, since a statement that a schema change invalidated
    /// cannot be prepared again within the transaction.
    pub(crate) async fn begin(&self) -> Result<PgTransaction<'static>, sqlx::Error> {
        let mut connection = self.acquire().await?;
        connection.clear_cached_statements().await?;
        PgTransaction::begin(connection, None).await
    }

    /// Closes the pool after all borrowed connections have been returned.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }

    /// Borrows a connection. A failed login becomes a [`ConnectFailure`], so that it differs from a failed statement.
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
