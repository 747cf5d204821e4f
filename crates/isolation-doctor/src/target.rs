//! A database to examine, and the logins for it.

use schema::{Cluster, DatabaseName, Login};
use sqlx::postgres::PgConnection;

/// A database to examine.
#[derive(Debug, Clone)]
pub struct Target {
    /// The server.
    pub cluster: Cluster,
    /// The database's name.
    pub name: DatabaseName,
    /// The service's login there.
    pub service: Login,
    /// The login that reads the catalogs in the service's place, such as the migrator. It sees the same, since the
    /// catalogs are readable by all, and it still works where the service's login is broken.
    pub examiner: Option<Login>,
}

impl Target {
    /// The login that reads the catalogs.
    pub(crate) fn examiner(&self) -> &Login {
        self.examiner.as_ref().unwrap_or(&self.service)
    }

    /// Opens a read-only connection.
    pub(crate) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let options = self
            .cluster
            .options(self.examiner(), self.name.as_str())
            .options([
                ("default_transaction_read_only", "on"),
                ("statement_timeout", "20000"),
                ("lock_timeout", "5000"),
                // Compiling a plan takes longer than these queries.
                ("jit", "off"),
            ]);
        self.cluster.connect(&options).await
    }

    /// The name of its cluster in findings.
    pub(crate) fn cluster_name(&self) -> String {
        format!("{}:{}", self.cluster.host, self.cluster.port)
    }

    pub(crate) fn shares_cluster(&self, other: &Self) -> bool {
        self.cluster_name() == other.cluster_name()
    }
}
