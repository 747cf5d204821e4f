//! Commands that need no running service: the doctor, keys, configuration, the private PostgreSQL.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `tenantry doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Read the catalogs and attack nothing. The attack uses two tenants of the doctor's own and leaves nothing behind.
    #[arg(long)]
    pub no_probe: bool,
}

/// `tenantry keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key ring file with one key, readable by its owner alone. Refuses to overwrite.
    Generate {
        /// The file to make.
        file: PathBuf,
    },
}

/// `tenantry config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print what holds and where each value came from, and everything that is wrong; secrets are redacted.
    Check {
        /// Check for this command: serve needs other keys than migrate.
        #[arg(long = "for", value_enum, default_value = "serve", value_name = "COMMAND")]
        purpose: CheckFor,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What the configuration is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckFor {
    /// `tenantry serve`
    Serve,
    /// `tenantry migrate`
    Migrate,
}

/// `tenantry db …`
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Open psql as the superuser, whom no row level security binds. Starts the server if it does not run.
    Psql {
        /// Which database.
        #[arg(value_enum, default_value = "data")]
        database: WhichDatabase,
        /// What psql is given besides, after `--`.
        #[arg(last = true, value_name = "ARGUMENT")]
        arguments: Vec<String>,
    },
    /// Delete all data of the private PostgreSQL: all tenants, API keys, admin tokens and the audit log. The key ring, the
    /// passwords and the first admin token stay.
    Reset {
        /// Do not ask. Needed where standard input is no terminal.
        #[arg(long)]
        yes: bool,
    },
}

/// One of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum WhichDatabase {
    /// Tenants, wrapped keys, sealed passwords.
    Control,
    /// The tenants' own data.
    Data,
}
