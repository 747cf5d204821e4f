//! Whose limit of connections a refused login met: SQLSTATE 53300 stands for three of them.
//!
//! Told apart by the routine of PostgreSQL's that refused it, since texts are translated and change with versions:
//! `InitializeSessionUserId` looks at the login's `CONNECTION LIMIT`, `CheckMyDatabase` at the database's. Everything else
//! is the server's own number: `InitProcess` (no slot), `InitPostgres` (only reserved ones), `ProcessStartupPacket` and
//! `BackendInitialize` (too many processes).

use sqlx::postgres::PgDatabaseError;

/// The owner of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionLimit {
    /// One tenant's login.
    Login,
    /// A database.
    Database,
    /// All who connect there.
    Server,
}

impl ConnectionLimit {
    /// The limit that this error is about, if it is about one.
    pub(crate) fn met(error: &sqlx::Error) -> Option<Self> {
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
