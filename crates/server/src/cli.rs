//! The command line.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are what --help shows, as they stand"
)]

pub mod admin_token;
pub mod api_key;
pub(crate) mod arguments;
pub mod audit;
mod choices;
pub mod examination;
mod examples;
pub mod local;
pub mod operation;
pub mod pool;
pub mod service;
pub mod tenant;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use self::admin_token::AdminTokenCommand;
use self::api_key::ApiKeyCommand;
use self::audit::AuditCommand;
use self::examination::ExaminationCommand;
use self::local::{ConfigCommand, DbCommand, DoctorArgs, KeysCommand};
use self::operation::OperationCommand;
use self::pool::PoolCommand;
use self::service::ServiceArgs;
use self::tenant::TenantCommand;
use crate::config::{Environment, Inputs, Override};

/// Multi-tenant PostgreSQL as a service: every tenant has its own login and its own pool.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, propagate_version = true, after_help = examples::TENANTRY)]
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

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service (the default).
    Serve,
    /// Tenants: create, look up, change, suspend, delete, purge.
    #[command(after_help = examples::TENANT)]
    Tenant {
        /// What to do with tenants.
        #[command(subcommand)]
        command: TenantCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// API keys of tenants: create, find, end.
    #[command(after_help = examples::API_KEY)]
    ApiKey {
        /// What to do with API keys.
        #[command(subcommand)]
        command: ApiKeyCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Pools of the instance that answers: look at them, close them, open them ahead of use.
    #[command(after_help = examples::POOL)]
    Pool {
        /// What to do with pools.
        #[command(subcommand)]
        command: PoolCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Operations: the work that leads a tenant from one state to the next.
    #[command(after_help = examples::OPERATION)]
    Operation {
        /// What to do with operations.
        #[command(subcommand)]
        command: OperationCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// The audit log: who did what, when and from where.
    #[command(after_help = examples::AUDIT)]
    Audit {
        /// What to do with the log.
        #[command(subcommand)]
        command: AuditCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Examinations by the service: whether tenants are kept apart, as it found at its start or finds now. Exits as
    /// doctor does.
    Examination {
        /// What to do with examinations.
        #[command(subcommand)]
        command: ExaminationCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
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
    /// tenant's login on another's rows is refused. Exits with 0 when nothing is wrong, 1 when something is, 5 when not
    /// all could be examined. Reaches both databases itself: examination asks a running service.
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
