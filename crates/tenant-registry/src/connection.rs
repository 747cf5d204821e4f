//! One connection of a tenant's pool, for several statements.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Describe, Either, Execute, Executor, Postgres, SqlStr};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::plain::PlainPool;
use crate::{Lease, TenantId};

/// How long an unclean connection may take to finish what it runs and roll back, before it is closed.
const CLEAN_UP: Duration = Duration::from_secs(2);

/// A connection of the tenant's, given back when it is dropped.
///
/// `&mut TenantConnection` is a sqlx [`Executor`]. A statement that was not run to its end marks it unclean:
/// then it is rolled back in a task of its own before anybody else gets it, or closed. (sqlx counts a
/// transaction only after the server's reply, so a cancelled `BEGIN` is open without its knowing.)
pub struct TenantConnection {
    /// `None` only in `drop`, which takes it out.
    connection: Option<PoolConnection<Postgres>>,
    lease: Lease<PlainPool>,
    clean: bool,
}

impl TenantConnection {
    pub(crate) fn new(connection: PoolConnection<Postgres>, lease: Lease<PlainPool>) -> Self {
        Self {
            connection: Some(connection),
            lease,
            clean: true,
        }
    }

    /// Whose connection it is.
    pub fn tenant(&self) -> TenantId {
        self.lease.tenant()
    }

    /// The connection, marked unclean until [`completed`](Self::completed).
    pub(crate) fn start(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.clean = false;
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// What was started has run to its end, and no transaction is open.
    pub(crate) fn completed(&mut self) {
        self.clean = true;
    }
}

impl Drop for TenantConnection {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            // sqlx gives a connection back in a task, and panics without a runtime: close the socket instead.
            return drop(connection.detach());
        };
        if self.clean {
            // As sqlx would, but within a bound: it pings, and on a silent network would wait for ever.
            runtime.spawn(timeout(CLEAN_UP, connection.return_to_pool()));
        } else {
            // The lease goes along, so that the reaper waits for the clean-up as well.
            runtime.spawn(clean_up(connection, self.lease.clone()));
        }
    }
}

/// Reads what is still to come, ends whatever transaction is open, and gives the connection back; or closes it.
async fn clean_up(mut connection: PoolConnection<Postgres>, _lease: Lease<PlainPool>) {
    let rolled_back = timeout(CLEAN_UP, connection.execute("ROLLBACK")).await;
    if !matches!(rolled_back, Ok(Ok(_))) {
        connection.close_on_drop();
    }
}

impl fmt::Debug for TenantConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantConnection")
            .field("tenant", &self.tenant())
            .finish_non_exhaustive()
    }
}

impl<'c> Executor<'c> for &'c mut TenantConnection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let TenantConnection {
            connection, clean, ..
        } = self;
        let Some(connection) = connection.as_deref_mut() else {
            return stream::once(async { Err(sqlx::Error::PoolClosed) }).boxed();
        };
        *clean = false;
        // `unfold` sees the stream's own end, which is when the server is ready for the next query.
        let rows = connection.fetch_many(query);
        stream::unfold((rows, clean), |(mut rows, clean)| async move {
            let row = rows.next().await;
            if row.is_none() {
                *clean = true;
            }
            row.map(|row| (row, (rows, clean)))
        })
        .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let row = self.start()?.fetch_optional(query).await?;
            self.completed();
            Ok(row)
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
