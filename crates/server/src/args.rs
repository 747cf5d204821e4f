//! Arguments of the binary: those of the crate `cli`, and those of the commands that need no service.
#![expect(clippy::doc_markdown, reason = "these comments are the text of --help")]

pub mod admin_token;
mod examples;
pub mod local;
mod tips;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cli::{DevCommand, ServiceArgs};
use config::{Environment, Inputs, Override};

use self::admin_token::AdminTokenCommand;
use self::local::{ConfigCommand, DbCommand, DoctorArgs, KeysCommand};
pub use self::tips::parse;

/// Multi-tenant PostgreSQL as a service: every tenant has its own login and its own pool.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, propagate_version = true, after_help = examples::TENANTRY)]
pub struct Cli {
    /// Where settings come from.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// What to do; serve by default.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
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

/// An HTTP API of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Plane {
    /// For applications: the resources of tenants.
    Tenant,
    /// For operators: tenants, tokens, pools and operations.
    Admin,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service (the default).
    Serve,
    /// A command that calls a service.
    #[command(flatten)]
    Service(cli::Command),
    /// Tokens for the admin plane.
    #[command(after_help = examples::ADMIN_TOKEN)]
    AdminToken {
        /// What to do with tokens.
        #[command(subcommand)]
        command: AdminTokenCommand,
    },
    /// Bring both databases to this version: fixed roles, databases, hardening, migrations.
    Migrate,
    /// Examine whether tenants are kept apart: what the catalogs of both databases say, and whether an attack by one
    /// tenant's login on another's rows is refused. Exits with 0 when there is no error, 1 when there is one, 5 when not
    /// everything could be examined. Connects to both databases itself; examination asks a running service.
    Doctor(DoctorArgs),
    /// Create the key ring that encrypts the tenants' passwords.
    Keys {
        /// What to do with keys.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Check the configuration.
    Config {
        /// What to do with the configuration.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Work with the databases: psql, and the private PostgreSQL of the dev profile.
    Db {
        /// What to do with it.
        #[command(subcommand)]
        command: DbCommand,
    },
    /// Work with a dev service: fill it with tenants and users.
    Dev {
        /// What to do with it.
        #[command(subcommand)]
        command: DevCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Print the description of an HTTP API: OpenAPI 3.1, as JSON. A running service has it at /openapi.json of each
    /// plane, and a page to read at /docs.
    Openapi {
        /// Of which plane.
        #[arg(long, value_enum, default_value_t = Plane::Tenant)]
        plane: Plane,
    },
    /// Print the completions of a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command into a folder.
    #[command(after_help = examples::MAN)]
    Man {
        /// The folder, made if it is missing. Without it the main page goes to standard output.
        #[arg(value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}
