//! Login of a plain pool, with the start-up options that its server takes.

use std::sync::atomic::{AtomicU32, Ordering};

use pg_session::session::{self, SessionSettings};
use sqlx::postgres::{PgConnectOptions, PgConnection};

/// The start-up options depend on the server's version, which the first login tells: until then those are sent that
/// every version takes.
pub(crate) struct PlainLogin {
    connect: PgConnectOptions,
    session: SessionSettings,
    /// `server_version_num`; zero while it is not known.
    server_version: AtomicU32,
}

impl PlainLogin {
    pub(crate) fn new(connect: PgConnectOptions, session: SessionSettings) -> Self {
        Self {
            connect,
            session,
            server_version: AtomicU32::new(0),
        }
    }

    pub(crate) fn server_version(&self) -> u32 {
        self.server_version.load(Ordering::Relaxed)
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        session::options(self.connect.clone(), &self.session, self.server_version())
    }

    /// Refuses what [`session::verify`] refuses.
    pub(crate) async fn verify(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let sent_for = self.server_version();
        let version = connection.server_version_num().unwrap_or(0);
        self.server_version.store(version, Ordering::Relaxed);
        session::verify(connection, &self.session, sent_for)
            .await
            .map(drop)
    }
}
