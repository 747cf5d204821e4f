//! Commands that need no service: the doctor, keys, configuration, the private PostgreSQL.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::examples;
use cli::IdOrName;

/// `tenantry doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Read the catalogs only, without the attack. The attack uses two tenants of the doctor's own: it removes their rows
    /// afterwards, and keeps their two roles with NOLOGIN for the next time.
    #[arg(long)]
    pub no_probe: bool,
}

/// `tenantry keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Create a key ring file with one key, readable by its owner alone. Refuses to overwrite.
    Generate {
        /// The file to create.
        file: PathBuf,
    },
}

/// `tenantry config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the effective configuration, the source of each value, and every problem; secrets are redacted.
    Check {
        /// Check for this command: serve requires other keys than migrate.
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
    /// Open psql as the superuser of the private PostgreSQL, to whom row level security does not apply; with --tenant as
    /// that tenant, which sees its own rows alone. Starts the private PostgreSQL if it does not run.
    #[command(after_help = examples::DB_PSQL)]
    Psql {
        /// Which database.
        #[arg(value_enum, default_value = "data")]
        database: WhichDatabase,
        /// Log in as this tenant, by its id or its name, in every profile. Reads the control store and the key ring, as
        /// the service does. The session is audited.
        #[arg(long, value_name = "TENANT", conflicts_with = "database")]
        tenant: Option<IdOrName>,
        /// Further arguments for psql, after `--`.
        #[arg(last = true, value_name = "ARGUMENT")]
        arguments: Vec<String>,
    },
    /// Delete all data of the private PostgreSQL: all tenants, API keys, admin tokens and the audit log. The key ring, the
    /// passwords and the first admin token are kept.
    Reset {
        /// Do not ask. Required if standard input is no terminal.
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
