//! Server version, limits and start time.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

/// The server's version, limits and start time.
pub(super) struct ServerInfo {
    /// Connections available to logins without privileges.
    pub(super) allowed: u32,
    /// The start time, which changes with each restart.
    pub(super) started: String,
    /// The process id of the backend that answered.
    pub(super) pid: i32,
    /// `server_version_num`.
    pub(super) version: u32,
    /// How long the server keeps a connection that does not complete its login.
    pub(super) authentication_timeout: Duration,
}

impl ServerInfo {
    /// The connections for tenants where so many are left to others.
    pub(super) fn allowed_beside(&self, reserve: u32) -> u32 {
        self.allowed.saturating_sub(reserve).max(1)
    }

    /// `reserved_connections` exists from PostgreSQL 16 on.
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let version = connection.server_version_num().unwrap_or(0);
        let row = sqlx::query(
            "SELECT current_setting('max_connections')::int4
                - current_setting('superuser_reserved_connections')::int4
                - coalesce(current_setting('reserved_connections', true), '0')::int4,
                pg_postmaster_start_time()::text,
                extract(epoch FROM current_setting('authentication_timeout')::interval)::int4,
                pg_backend_pid()",
        )
        .fetch_one(connection)
        .await?;
        let allowed: i32 = row.try_get(0)?;
        let seconds: i32 = row.try_get(2)?;
        Ok(Self {
            allowed: u32::try_from(allowed).unwrap_or(0),
            started: row.try_get(1)?,
            pid: row.try_get(3)?,
            version,
            authentication_timeout: Duration::from_secs(u64::from(seconds.unsigned_abs())),
        })
    }
}
