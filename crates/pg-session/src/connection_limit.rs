//! Connection limit that refused a login: of the login, the database or the server, which share SQLSTATE 53300.
//!
//! They differ in the PostgreSQL routine that raised the error; messages are translated and change with versions:
//! `InitializeSessionUserId` checks the login's `CONNECTION LIMIT`, `CheckMyDatabase` the database's. Everything else
//! is the server's own limit: `InitProcess` (no slot), `InitPostgres` (only reserved ones), `ProcessStartupPacket` and
//! `BackendInitialize` (too many processes).

use sqlx::postgres::PgDatabaseError;

/// The owner of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionLimit {
    /// The tenant's login.
    Login,
    /// The database.
    Database,
    /// The server.
    Server,
}

impl ConnectionLimit {
    /// The limit that this error reports, if any.
    pub fn of(error: &sqlx::Error) -> Option<Self> {
        let sqlx::Error::Database(error) = error else {
            return None;
        };
        if error.code()? != "53300" {
            return None;
        }
        let error = error.try_downcast_ref::<PgDatabaseError>();
        Some(match error.and_then(PgDatabaseError::routine) {
            Some("InitializeSessionUserId") => Self::Login,
            Some("CheckMyDatabase") => Self::Database,
            _ => Self::Server,
        })
    }
}
