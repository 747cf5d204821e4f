//! The commands that call a service, a file each.

mod admin_token;
mod api_key;
mod audit;
mod examination;
mod issuer;
mod limits;
mod moment;
mod named;
mod operation;
mod plan;
mod pool;
mod progress;
mod seed;
mod session;
mod tenant;

use std::process::ExitCode;

pub use self::examination::{NotExamined, show as show_examination};

use self::session::Session;
use crate::args::{AdminTokenCommand, Command, DevCommand, ServiceArgs};
use crate::client::{ClientError, ServiceUrl, Target, TenantPlane};
use crate::exit;
use crate::output::NotConfirmed;

/// Runs the command. `find` finds its service; `colours` says whether colours are wanted on a terminal.
///
/// # Errors
/// Why it failed, for people; [`exit_code`] is for programs.
pub async fn run(
    command: Command,
    colours: bool,
    find: impl FnOnce(&ServiceArgs) -> anyhow::Result<Target>,
) -> anyhow::Result<ExitCode> {
    let open = |service: &ServiceArgs| anyhow::Ok(Session::open(service, find(service)?, colours));
    match command {
        Command::Tenant { command, service } => tenant::run(&open(&service)?, command).await?,
        Command::Plan { command, service } => plan::run(&open(&service)?, command).await?,
        Command::ApiKey { command, service } => api_key::run(&open(&service)?, command).await?,
        Command::Pool { command, service } => pool::run(&open(&service)?, command).await?,
        Command::Operation { command, service } => operation::run(&open(&service)?, command).await?,
        Command::Issuer { command, service } => issuer::run(&open(&service)?, command).await?,
        Command::Audit { command, service } => audit::run(&open(&service)?, command).await?,
        Command::Examination { command, service } => {
            let examined = async { examination::run(&open(&service)?, command).await };
            return examined.await.map_err(NotExamined::explain);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `tenantry admin-token`, as [`run`] does.
///
/// # Errors
/// As [`run`].
pub async fn run_admin_token(
    command: AdminTokenCommand,
    colours: bool,
    find: impl FnOnce(&ServiceArgs) -> anyhow::Result<Target>,
) -> anyhow::Result<()> {
    let service = command.service();
    let session = Session::open(service, find(service)?, colours);
    admin_token::run(&session, command).await
}

/// Runs `tenantry dev`, as [`run`] does; `tenant_plane` finds the tenant plane where no argument names it.
///
/// # Errors
/// As [`run`].
pub async fn run_dev(
    command: DevCommand,
    service: &ServiceArgs,
    colours: bool,
    find: impl FnOnce(&ServiceArgs) -> anyhow::Result<Target>,
    tenant_plane: impl FnOnce() -> anyhow::Result<ServiceUrl>,
) -> anyhow::Result<()> {
    let DevCommand::Seed(args) = command;
    args.check()?;
    let url = args.tenant_plane.clone().map_or_else(tenant_plane, Ok)?;
    let target = find(service)?;
    let plane = TenantPlane::new(url, service.request_timeout, target.tls());
    let session = Session::open(service, target, colours);
    seed::run(&session, &plane, &args).await
}

/// The exit code of a command that failed with this error.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<NotExamined>() {
        return exit::NOT_EXAMINED;
    }
    if let Some(NotConfirmed::NoTerminal(_)) = error.downcast_ref() {
        return exit::USAGE;
    }
    error.downcast_ref().map_or(exit::FAILED, ClientError::exit_code)
}
