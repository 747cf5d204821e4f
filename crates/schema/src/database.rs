//! The two databases and their migrations.

use sqlx::migrate::Migrator;

/// One of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// The control store: tenants, wrapped keys, sealed passwords.
    Control,
    /// The tenants' data.
    Data,
}

/// The schema and the table of applied migrations, which tenants cannot read.
const SCHEMA: &str = "tenantry";
const TABLE: &str = "tenantry.migrations";

impl Database {
    /// The migrations, in order.
    pub(crate) fn migrations(self) -> Migrator {
        let mut migrations = match self {
            Self::Control => sqlx::migrate!("../../migrations/control"),
            Self::Data => sqlx::migrate!("../../migrations/tenant"),
        };
        migrations.create_schema(SCHEMA);
        migrations.dangerous_set_table_name(TABLE);
        migrations
    }
}
