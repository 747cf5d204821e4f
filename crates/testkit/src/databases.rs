//! A control store and a data database of a test's own.

use schema::{Database, DatabaseName};

use crate::TestServer;

/// A migrated pair, dropped some time after it goes out of scope.
pub struct Databases {
    server: &'static TestServer,
    control: DatabaseName,
    data: DatabaseName,
}

impl Databases {
    /// A fresh pair.
    ///
    /// # Panics
    /// When there is no server or the copy fails.
    pub async fn new() -> Self {
        let server = TestServer::get().await;
        let (control, data) = tokio::join!(server.copy(Database::Control), server.copy(Database::Data));
        Self {
            server,
            control,
            data,
        }
    }

    /// The server that they are on.
    pub fn server(&self) -> &'static TestServer {
        self.server
    }

    /// The control store's name.
    pub fn control(&self) -> &DatabaseName {
        &self.control
    }

    /// The tenants' database's name.
    pub fn data(&self) -> &DatabaseName {
        &self.data
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        self.server.discard(self.control.clone());
        self.server.discard(self.data.clone());
    }
}
