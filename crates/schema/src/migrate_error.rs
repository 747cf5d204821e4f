//! Errors of migrations.

use std::fmt;

use crate::login_error::LoginError;
use crate::scram::ScramError;

/// A migration that a database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedMigration {
    /// Its number.
    pub version: i64,
    /// Its name, and when it was applied; `None` where that cannot be read.
    pub applied: Option<(String, String)>,
}

impl fmt::Display for AppliedMigration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "migration {}", self.version)?;
        match &self.applied {
            Some((name, at)) => write!(f, " ({name}, applied {at})"),
            None => Ok(()),
        }
    }
}

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A login failed.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// A migration was edited after it was applied.
    #[error(
        "{0} was edited after it was applied. Restore its text and put the change into a new migration. In development, \
         `tenantry db reset` deletes the data and begins anew"
    )]
    Edited(AppliedMigration),
    /// The database has a migration that this binary lacks.
    #[error(
        "the database has {0}, which this version does not know: a newer version, or another branch, has migrated it. \
         Run the version that has this migration. In development, `tenantry db reset` deletes the data and begins anew"
    )]
    Newer(AppliedMigration),
    /// A statement or the connection failed.
    #[error("PostgreSQL failed")]
    Postgres(#[from] sqlx::Error),
    /// A migration failed and was rolled back.
    #[error("a migration failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A configured password has no verifier.
    #[error("the password of {role} is not accepted")]
    Password {
        /// The role whose password it is.
        role: String,
        /// Why it is not accepted.
        #[source]
        cause: ScramError,
    },
    /// Fixed roles exist and have rights that they must not have.
    #[error("fixed roles have rights that they must not have: {}; revoke these", .0.join("; "))]
    PowerfulRoles(Vec<String>),
    /// Hardening left gaps although a superuser ran it.
    #[error("the database is not hardened: {}", .0.join("; "))]
    NotHardened(Vec<String>),
    /// The deadline passed; waiting for another migrator counts.
    #[error("migrations.deadline has passed; another migrator may be running")]
    Deadline,
}

impl MigrateError {
    /// Whether the server is read-only (25006).
    pub fn is_read_only(&self) -> bool {
        use sqlx::migrate::MigrateError as Sqlx;
        let (Self::Postgres(error)
        | Self::Migration(Sqlx::Execute(error) | Sqlx::ExecuteMigration(error, _))) = self
        else {
            return false;
        };
        let error = error.as_database_error();
        error
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code == "25006")
    }
}
