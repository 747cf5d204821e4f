//! PostgreSQL as the control plane sees it: clusters, fixed roles, hardening, migrations, tenants' roles.

mod authorities;
mod cluster;
mod database;
pub(crate) mod harden;
mod migrate;
mod names;
#[cfg(feature = "store")]
mod purge;
mod read_back;
pub(crate) mod roles;
pub(crate) mod scram;
#[cfg(feature = "store")]
pub(crate) mod tenant_roles;

pub use authorities::{Authorities, AuthoritiesError};
pub use cluster::{Cluster, Login, ServerFacts};
pub use database::{Database, DatabaseName, DatabaseNameError, SchemaStatus, schema_status};
pub use harden::{harden_database, open_doors};
pub use migrate::{MigrateLimits, Target, migrate};
#[cfg(feature = "store")]
pub(crate) use names::TENANT_LOGIN;
pub use names::{MIGRATOR, OWNER, SERVICE, Slot, TENANT_GROUP, tenant_login};
#[cfg(feature = "store")]
pub(crate) use purge::Purge;
#[cfg(feature = "store")]
pub(crate) use read_back::read_back;
pub use scram::ScramError;

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// PostgreSQL, or the way to it, failed.
    #[error("PostgreSQL failed")]
    Postgres(#[from] sqlx::Error),
    /// A migration failed; nothing of it was kept.
    #[error("a migration failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A login's configured password has no verifier.
    #[error("the password of {role} is not accepted")]
    Password {
        /// Whose password.
        role: String,
        /// What is wrong with it.
        #[source]
        cause: ScramError,
    },
    /// Roles of ours exist with rights that they must not have.
    #[error("roles of ours have more rights than they may: {}; take these from them", .0.join("; "))]
    PowerfulRoles(Vec<String>),
    /// Even a superuser could not close these.
    #[error("the database is not hardened: {}", .0.join("; "))]
    NotHardened(Vec<String>),
    /// Not done within the deadline, waiting for another migrator included.
    #[error("not done within migrations.deadline; another migrator may be at work")]
    Deadline,
}
