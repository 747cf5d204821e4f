//! One connection of a tenant's pool, for several statements.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use pg_session::prepared::{self, Rerun};
use pg_session::{Checkout as _, ConnectionState, Parts};
use sqlx::postgres::{PgConnection, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Describe, Either, Execute, Executor, Postgres, SqlStr};

use crate::checkout::Checkouts;
use crate::id::TenantId;
use crate::pool::DefaultPool;
use crate::statement_deadline::StatementDeadline;

/// A connection of the tenant's, given back when it is dropped.
///
/// `&mut TenantConnection` is a sqlx [`Executor`]. A statement that was not run to its end marks the connection unclean:
/// it is rolled back in a task of its own before another request gets it, or closed. (sqlx counts a transaction only
/// after the server's reply, so it does not know of one opened by a cancelled `BEGIN`.)
pub struct TenantConnection<P: Checkouts = DefaultPool> {
    checkout: P::Checkout,
    tenant: TenantId,
    /// The bare connection was handed out: its session state is unknown.
    bared: bool,
    statement_timeout: Option<Duration>,
}

impl<P: Checkouts> TenantConnection<P> {
    pub(crate) fn new(checkout: P::Checkout, tenant: TenantId, statement_timeout: Option<Duration>) -> Self {
        Self {
            checkout,
            tenant,
            bared: false,
            statement_timeout,
        }
    }

    /// Whose connection it is.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The bare connection of sqlx, for what this type does not offer, such as `COPY`. It is unclean from here on: when
    /// it goes back, whatever transaction is open is rolled back and the session's settings are reset, which costs a
    /// round trip of a task of its own.
    ///
    /// # Errors
    /// When the connection is not there any more.
    pub fn bare(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.bared = true;
        self.start()
    }

    /// The connection, marked unclean until [`completed`](Self::completed).
    pub(crate) fn start(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let Parts { connection, state } = self.checkout.parts().ok_or(sqlx::Error::PoolClosed)?;
        *state = ConnectionState::Unclean;
        Ok(connection)
    }

    /// What was started has run to its end, and no transaction is open.
    pub(crate) fn completed(&mut self) {
        if let (false, Some(parts)) = (self.bared, self.checkout.parts()) {
            *parts.state = ConnectionState::Clean;
        }
    }

    /// What was started has failed.
    pub(crate) fn failed(&mut self, error: &sqlx::Error) {
        if let Some(parts) = self.checkout.parts() {
            *parts.state = ConnectionState::after(error);
        }
    }

    /// Runs a query. The connection is clean after one that is a transaction by itself.
    pub(crate) fn run_many<'e, 'q, E>(
        &'e mut self,
        query: E,
        rerun: Rerun,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        E: Execute<'q, Postgres>,
    {
        let completed = match rerun {
            Rerun::Once if !self.bared => ConnectionState::Clean,
            Rerun::Once | Rerun::Never => ConnectionState::Unclean,
        };
        let rerun = self.at_most(rerun);
        let deadline = StatementDeadline::start(self.statement_timeout);
        let Some(Parts { connection, state }) = self.checkout.parts() else {
            return stream::once(async { Err(sqlx::Error::PoolClosed) }).boxed();
        };
        *state = ConnectionState::Unclean;
        // `unfold` sees the stream's own end, which is when the server is ready for the next query.
        let rows = prepared::fetch_many(connection, query, rerun);
        stream::unfold((rows, state), move |(mut rows, state)| async move {
            let row = deadline.hold(rows.next()).await;
            let row = row.unwrap_or_else(|timed_out| Some(Err(timed_out)));
            match &row {
                Some(Err(error)) => *state = ConnectionState::after(error),
                None if *state == ConnectionState::Unclean => *state = completed,
                Some(Ok(_)) | None => {}
            }
            row.map(|row| (row, (rows, state)))
        })
        .boxed()
    }

    /// As [`run_many`](Self::run_many), for the first row.
    pub(crate) async fn run_optional<'q, E>(
        &mut self,
        query: E,
        rerun: Rerun,
    ) -> Result<Option<PgRow>, sqlx::Error>
    where
        E: Execute<'q, Postgres>,
    {
        let at_most = self.at_most(rerun);
        let deadline = StatementDeadline::start(self.statement_timeout);
        let row = deadline.hold(prepared::fetch_optional(self.start()?, query, at_most));
        let row = row.await.flatten();
        match &row {
            Ok(_) if rerun == Rerun::Once => self.completed(),
            Ok(_) => {}
            Err(error) => self.failed(error),
        }
        row
    }

    /// On a bare connection a transaction may be open that is not known of.
    fn at_most(&self, rerun: Rerun) -> Rerun {
        if self.bared { Rerun::Never } else { rerun }
    }
}

impl<P: Checkouts> fmt::Debug for TenantConnection<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantConnection")
            .field("tenant", &self.tenant())
            .finish_non_exhaustive()
    }
}

impl<'c, P: Checkouts> Executor<'c> for &'c mut TenantConnection<P> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.run_many(query, Rerun::Once)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(self.run_optional(query, Rerun::Once))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let statement = self.start()?.prepare_with(sql, parameters).await?;
            self.completed();
            Ok(statement)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let description = self.start()?.describe(sql).await?;
            self.completed();
            Ok(description)
        })
    }
}
