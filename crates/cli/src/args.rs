//! The arguments of the commands that call a service.
#![expect(clippy::doc_markdown, reason = "these comments are the text of --help")]

mod admin_token;
mod api_key;
mod audit;
mod dev;
mod examination;
mod examples;
mod issuer;
mod limit;
mod operation;
mod plan;
mod pool;
mod service;
mod tenant;
mod values;

use clap::Subcommand;

pub use self::admin_token::AdminTokenCommand;
pub(crate) use self::api_key::{ApiKeyCommand, ApiKeyScope};
pub(crate) use self::audit::{AuditArgs, AuditCommand};
pub use self::dev::DevCommand;
pub(crate) use self::dev::{Prefix, SeedArgs};
pub(crate) use self::examination::ExaminationCommand;
pub(crate) use self::issuer::IssuerCommand;
pub(crate) use self::limit::{GivenLimit, LimitValue, by_name};
pub(crate) use self::operation::OperationCommand;
pub(crate) use self::plan::{ChangePlanArgs, PlanCommand};
pub(crate) use self::pool::{PoolCommand, PoolOrder};
pub use self::service::ServiceArgs;
pub(crate) use self::service::{FollowArgs, PageArgs};
pub(crate) use self::tenant::{ChangeArgs, CreateArgs, TenantCommand, TransitionArgs};
pub use self::values::{Expiry, expiry};
pub(crate) use self::values::{GraceHours, Past};

/// A command that calls a service.
#[derive(Debug, Subcommand)]
pub enum Command {
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
    /// Plans: limits of tenants' requests, under a name.
    #[command(after_help = examples::PLAN)]
    Plan {
        /// What to do with plans.
        #[command(subcommand)]
        command: PlanCommand,
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
    /// Operations: changes of tenants that run in steps.
    #[command(after_help = examples::OPERATION)]
    Operation {
        /// What to do with operations.
        #[command(subcommand)]
        command: OperationCommand,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Issuers of JSON Web Tokens: whose tokens are accepted, and the state of their keys.
    #[command(after_help = examples::ISSUER)]
    Issuer {
        /// What to do with issuers.
        #[command(subcommand)]
        command: IssuerCommand,
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
}
