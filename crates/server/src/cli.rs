//! The command line.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are what --help shows, as they stand"
)]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use control_plane::{Expiry, Role};
use uuid::Uuid;

use crate::arguments::{expiry, role};
use crate::config::{Environment, Inputs, Override};

/// Multi-tenant PostgreSQL as a service: every tenant has its own login and its own pool.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, propagate_version = true)]
pub struct Cli {
    /// Where settings come from.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// What to do; serve unless told.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// Profile: dev or production. Without it TENANTRY_PROFILE, else dev.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Folder with a dev.toml or production.toml of your own. Without it TENANTRY_CONFIG_DIR.
    #[arg(long, global = true, value_name = "DIR")]
    pub config_dir: Option<PathBuf>,
    /// Sets one key, over everything else: --set registry.idle_timeout=5m. May be repeated.
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE")]
    pub overrides: Vec<Override>,
}

impl SettingsArgs {
    /// Everything the configuration is read from.
    pub fn inputs(self) -> Inputs {
        Inputs {
            profile: self.profile,
            config_dir: self.config_dir,
            overrides: self.overrides,
            environment: Environment::process(),
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service (the default).
    Serve,
    /// Create and look up tenants, by way of the running service.
    Tenant {
        /// What to do with tenants.
        #[command(subcommand)]
        command: TenantCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Make tokens for the admin plane.
    AdminToken {
        /// What to do with tokens.
        #[command(subcommand)]
        command: AdminTokenCommand,
    },
    /// Bring both databases to this version: fixed roles, databases, hardening, migrations.
    Migrate,
    /// Examine whether tenants are kept apart: what the catalogs of both databases say, and whether an attack by one
    /// tenant's login on another's rows is refused. Exits with 0 when nothing is wrong, 1 when something is, 2 when it
    /// could not be examined.
    Doctor(DoctorArgs),
    /// Make the key ring that seals the tenants' passwords.
    Keys {
        /// What to do with keys.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Look at the configuration.
    Config {
        /// What to do with the configuration.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Work with the private PostgreSQL of the dev profile.
    Db {
        /// What to do with it.
        #[command(subcommand)]
        command: DbCommand,
    },
}

/// Where the running service is; without these it is found by itself.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// The admin plane's URL.
    #[arg(long, global = true, value_name = "URL")]
    pub admin_url: Option<reqwest::Url>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// `tenantry tenant …`
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant; one that was left half done is gone on with by its id and name.
    Create {
        /// Its name, unique among tenants.
        name: String,
        /// Its id, a UUID. One is made unless told.
        #[arg(long)]
        id: Option<Uuid>,
    },
    /// List all tenants in the order of their creation.
    List,
    /// Show one tenant.
    Show {
        /// Its id.
        id: Uuid,
    },
}

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

/// `tenantry admin-token …`
#[derive(Debug, Subcommand)]
pub enum AdminTokenCommand {
    /// Make a token and print it, once: only its hash is kept. Goes to the control store itself, since the first one
    /// has to come from somewhere.
    Create {
        /// Whose it is, or what for: as the audit log names it.
        name: String,
        /// What it may do: viewer, operator or admin.
        #[arg(long, default_value = "admin", value_parser = role)]
        role: Role,
        /// When it ends: RFC 3339 such as 2027-01-31T12:00:00Z, or a duration from now such as 90d. Never unless told.
        #[arg(long, value_name = "WHEN", value_parser = expiry)]
        expires: Option<Expiry>,
    },
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
    /// Delete all data of the private PostgreSQL.
    Reset {
        /// Do not ask.
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
