//! What the budget has to know of the server.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

/// The server's limits, and since when it runs.
pub(super) struct Facts {
    /// Connections that are open to logins without privileges.
    pub(super) allowed: u32,
    /// Changes with each restart.
    pub(super) started: String,
    /// Its `server_version_num`.
    pub(super) version: u32,
    /// How long the server keeps a connection that does not log in.
    pub(super) authentication_timeout: Duration,
}

impl Facts {
    /// `reserved_connections` is PostgreSQL 16's.
    pub(super) async fn ask(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let version = connection.server_version_num().unwrap_or(0);
        let row = sqlx::query(
            "SELECT current_setting('max_connections')::int4
                - current_setting('superuser_reserved_connections')::int4
                - coalesce(current_setting('reserved_connections', true), '0')::int4,
                pg_postmaster_start_time()::text,
                extract(epoch FROM current_setting('authentication_timeout')::interval)::int4",
        )
        .fetch_one(connection)
        .await?;
        let allowed: i32 = row.try_get(0)?;
        let seconds: i32 = row.try_get(2)?;
        Ok(Self {
            allowed: u32::try_from(allowed).unwrap_or(0),
            started: row.try_get(1)?,
            version,
            authentication_timeout: Duration::from_secs(u64::from(seconds.unsigned_abs())),
        })
    }
}
