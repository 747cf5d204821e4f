//! [`TenantDb`]: a tenant's database, as an executor of sqlx.

use std::fmt;
use std::time::Duration;

use async_stream::try_stream;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use pg_session::prepared::{self, Rerun};
use pg_session::{Checkout as _, ConnectionState, Parts, Refusal};
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Describe, Either, Execute, Executor, Postgres, SqlStr};

use crate::checkout::Checkouts;
use crate::connection::TenantConnection;
use crate::pool::DefaultPool;
use crate::statement_deadline::StatementDeadline;
use crate::transaction::TenantTransaction;
use crate::{Lease, LeaseError, PoolSnapshot, Registry, TenantId};

/// A tenant's database. `&TenantDb` is a sqlx [`Executor`]: every query takes a connection of the tenant's
/// pool for its own length, in one round trip.
///
/// ```no_run
/// # use tenant_registry::TenantDb;
/// async fn count(db: &TenantDb) -> Result<i64, sqlx::Error> {
///     sqlx::query_scalar("SELECT count(*) FROM app.users WHERE tenant_id = $1")
///         .bind(db.tenant().as_uuid())
///         .fetch_one(db)
///         .await
/// }
/// ```
///
/// Several statements on one connection go through [`acquire`](Self::acquire), a transaction through
/// [`begin`](Self::begin): both are safe to drop at any point. Do not send `BEGIN` as text.
pub struct TenantDb<P: Checkouts = DefaultPool> {
    lease: Lease<P>,
    statement_timeout: Option<Duration>,
}

impl<P: Checkouts> TenantDb<P> {
    /// The database behind this lease.
    pub fn new(lease: Lease<P>) -> Self {
        Self {
            lease,
            statement_timeout: None,
        }
    }

    /// Has statements fail with [`StatementTimedOut`](crate::StatementTimedOut) that take longer, also those of connections
    /// and transactions of this value. What is left of such a statement is cleaned up as that of a dropped one. It costs no
    /// round trip, and SQL cannot lift it; the session's own `statement_timeout` holds beside it.
    #[must_use]
    pub fn statement_timeout(mut self, limit: Option<Duration>) -> Self {
        self.statement_timeout = limit;
        self
    }

    /// Whose database it is.
    pub fn tenant(&self) -> TenantId {
        self.lease.tenant()
    }

    /// One connection for several statements.
    ///
    /// # Errors
    /// When no connection could be had until the deadline.
    pub async fn acquire(&self) -> Result<TenantConnection<P>, Refusal> {
        let checkout = P::checkout(&self.lease).await?;
        Ok(TenantConnection::new(
            checkout,
            self.tenant(),
            self.statement_timeout,
        ))
    }

    /// A transaction, rolled back unless it is committed.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    pub async fn begin(&self) -> Result<TenantTransaction<P>, Refusal> {
        TenantTransaction::begin(self.acquire().await?).await
    }

    /// The sizes of the tenant's pool now.
    pub fn snapshot(&self) -> PoolSnapshot {
        self.lease.snapshot()
    }
}

impl<P: Checkouts> Registry<P> {
    /// A lease on this tenant's pool, as its database.
    ///
    /// # Errors
    /// As [`lease`](Self::lease).
    pub async fn db(&self, tenant: TenantId) -> Result<TenantDb<P>, LeaseError> {
        self.lease(tenant).await.map(TenantDb::new)
    }
}

impl<P: Checkouts> Clone for TenantDb<P> {
    fn clone(&self) -> Self {
        Self::new(self.lease.clone()).statement_timeout(self.statement_timeout)
    }
}

impl<P: Checkouts> fmt::Debug for TenantDb<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDb")
            .field("tenant", &self.tenant())
            .finish_non_exhaustive()
    }
}

/// Each query through an [`acquire`](TenantDb::acquire) of its own, so that what is dropped half-way is cleaned up or
/// closed within a bound, also where the network has gone silent.
impl<'c, P: Checkouts> Executor<'c> for &'c TenantDb<P> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(try_stream! {
            let mut checkout = P::checkout(&self.lease).await?;
            let Some(Parts { connection, state }) = checkout.parts() else {
                Err(sqlx::Error::PoolClosed)?;
                return;
            };
            *state = ConnectionState::Unclean;
            let deadline = StatementDeadline::start(self.statement_timeout);
            let mut rows = prepared::fetch_many(connection, query, Rerun::Once);
            while let Some(row) = deadline.hold(rows.next()).await? {
                yield row.inspect_err(|error| *state = ConnectionState::after(error))?;
            }
            *state = ConnectionState::Clean;
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let mut checkout = P::checkout(&self.lease).await?;
            let Parts { connection, state } = checkout.parts().ok_or(sqlx::Error::PoolClosed)?;
            *state = ConnectionState::Unclean;
            let deadline = StatementDeadline::start(self.statement_timeout);
            let row = deadline.hold(prepared::fetch_optional(connection, query, Rerun::Once));
            let row = row.await.flatten();
            *state = row
                .as_ref()
                .map_or_else(ConnectionState::after, |_| ConnectionState::Clean);
            row
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
        Box::pin(async move { self.acquire().await?.prepare_with(sql, parameters).await })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move { self.acquire().await?.describe(sql).await })
    }
}
