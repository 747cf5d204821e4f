//! Migrations, fixed roles and hardening of PostgreSQL clusters.
//!
//! | | |
//! |---|---|
//! | [`migrate`] | brings a database to this version: fixed roles, hardening, migrations |
//! | [`schema_status`] | compares the migrations of a database with those of this binary |
//! | [`harden_database`], [`hardening_gaps`] | revokes what a fresh PostgreSQL grants to PUBLIC, and reads back what is left |
//! | [`catalog_rules`] | catalogue rules that migrations read back and the doctor asks |
//! | [`Cluster`], [`Login`], [`Authorities`] | logins to a server |
//! | [`tenant_login`], [`Slot`], [`LoginLimit`] | names and connection limits of tenants' logins |
//! | [`GeneratedPassword`], [`scram`] | generated passwords and SCRAM verifiers |
//!
//! It has no queries that sqlx checks at compile time: `with-databases`, which provides the databases for those
//! checks, builds this crate alone.

mod authorities;
pub mod catalog_rules;
mod cluster;
mod database;
mod database_name;
mod fixed_roles;
mod harden;
mod login_error;
mod login_limit;
mod migrate;
mod migrate_error;
mod names;
mod password;
mod probe_tenant;
pub mod scram;
mod startup_options;
mod status;
mod tenant_login;

pub use authorities::{Authorities, AuthoritiesError};
pub use cluster::{Cluster, Login, ServerFacts};
pub use database::Database;
pub use database_name::{DatabaseName, DatabaseNameError};
pub use harden::{harden_database, hardening_gaps};
pub use login_error::LoginError;
pub use login_limit::LoginLimit;
pub use migrate::{MigrateLimits, MigrationTarget, migrate};
pub use migrate_error::{AppliedMigration, MigrateError};
pub use names::{MIGRATOR, OWNER, SERVICE, TENANT_GROUP};
pub use password::{GeneratedPassword, is_random_secret, random_secret};
pub use probe_tenant::is_probe_tenant;
pub use startup_options::verify_startup_options;
pub use status::{SchemaStatus, schema_status};
pub use tenant_login::{Slot, TENANT_LOGIN, provisioner, purge_login, tenant_login};
