//! The two databases and their histories.

use std::fmt;
use std::str::FromStr;

use sqlx::Executor;
use sqlx::Postgres;
use sqlx::migrate::Migrator;
use tenant_registry::explain_pooling;

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// The control store: tenants, wrapped keys, sealed passwords.
    Control,
    /// The tenants' own data.
    Data,
}

/// Where sqlx notes what it applied, in a schema that tenants cannot enter.
const SCHEMA: &str = "tenantry";
const TABLE: &str = "tenantry.migrations";

impl Database {
    /// The migrations, in order.
    pub(crate) fn history(self) -> Migrator {
        let mut history = match self {
            Self::Control => sqlx::migrate!("../../migrations/control"),
            Self::Data => sqlx::migrate!("../../migrations/tenant"),
        };
        history.create_schema(SCHEMA);
        history.dangerous_set_table_name(TABLE);
        history
    }
}

/// How a database's schema stands to this binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaStatus {
    /// They fit.
    Current,
    /// Migrations are missing: run `tenantry migrate`.
    Behind {
        /// How many.
        missing: usize,
    },
    /// A newer binary has migrated it; migrations stay compatible with the version before.
    Ahead,
}

/// Compares the database's history with ours, with the rights of the service's login.
///
/// # Errors
/// What the server answers.
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
    let history = database.history();
    let missing = history
        .iter()
        .filter(|migration| !applied.contains(&migration.version))
        .count();
    Ok(match missing {
        0 if applied.len() > history.iter().count() => SchemaStatus::Ahead,
        0 => SchemaStatus::Current,
        missing => SchemaStatus::Behind { missing },
    })
}

/// A database's name that needs no quoting: lower-case letters, digits and `_`, at most 63 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseName(String);

/// Why a text is no [`DatabaseName`].
#[derive(Debug, thiserror::Error)]
#[error("a database name is a letter or _, then letters, digits and _, in lower case, at most 63")]
pub struct DatabaseNameError;

impl DatabaseName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseName {
    type Err = DatabaseNameError;

    fn from_str(name: &str) -> Result<Self, DatabaseNameError> {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let valid = name.len() <= 63
            && name.bytes().next().is_some_and(letter)
            && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit());
        valid.then(|| Self(name.to_owned())).ok_or(DatabaseNameError)
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
