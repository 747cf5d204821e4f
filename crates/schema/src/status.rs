//! Comparison of a database's migrations with those of this binary.

use pg_session::explain_pooling;
use sqlx::{Executor, Postgres};

use crate::database::Database;

/// How a database's migrations compare with those of this binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaStatus {
    /// They are the same.
    Current,
    /// Migrations are missing: run `tenantry migrate`.
    Behind {
        /// The number of missing migrations.
        missing: usize,
    },
    /// A newer binary migrated the database; migrations stay compatible with the version before.
    Ahead {
        /// The newest migration of the database.
        newest: i64,
        /// The newest migration of this binary.
        known: i64,
    },
}

/// Reads which migrations were applied. The rights of the service's login suffice.
///
/// # Errors
/// When the query fails.
pub async fn schema_status<'c>(
    connection: impl Executor<'c, Database = Postgres>,
    database: Database,
) -> Result<SchemaStatus, sqlx::Error> {
    let applied: Result<Vec<i64>, _> =
        sqlx::query_scalar("SELECT version FROM tenantry.migrations WHERE success")
            .fetch_all(connection)
            .await;
    let applied = match applied {
        // Nothing was migrated yet: no table (42P01), no schema (3F000), or no right to it (42501).
        Err(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some("42P01" | "3F000" | "42501")) =>
        {
            Vec::new()
        }
        other => other.map_err(explain_pooling)?,
    };
    let migrations = database.migrations();
    let missing = migrations
        .iter()
        .filter(|migration| !applied.contains(&migration.version))
        .count();
    Ok(match missing {
        0 if applied.len() > migrations.iter().count() => SchemaStatus::Ahead {
            newest: applied.iter().copied().max().unwrap_or_default(),
            known: migrations
                .iter()
                .map(|migration| migration.version)
                .max()
                .unwrap_or_default(),
        },
        0 => SchemaStatus::Current,
        missing => SchemaStatus::Behind { missing },
    })
}
