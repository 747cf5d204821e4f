//! Commands that need no service, one per file; the crate `cli` has the others.

mod completions;
mod config;
mod create_admin_token;
mod databases;
mod db;
mod doctor;
mod keys;
mod man;
mod migrate;
mod openapi;
mod serve;

use std::process::ExitCode;

use ::config::Environment;
use anyhow::ensure;

use crate::args::admin_token::AdminTokenCommand;
use crate::args::{Cli, Command};
use crate::find_service;

/// Runs the command.
///
/// # Errors
/// Why it failed, for people; [`cli::exit_code`] is for programs.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let command = match cli.command.unwrap_or(Command::Serve) {
        Command::Completions { shell } => return completions::run(shell).map(|()| ExitCode::SUCCESS),
        Command::Man { dir } => return man::run(dir.as_deref()).map(|()| ExitCode::SUCCESS),
        Command::Openapi { plane } => return openapi::run(plane).map(|()| ExitCode::SUCCESS),
        command => command,
    };
    let unseen = Environment::behind_the_configuration();
    ensure!(
        unseen.is_empty(),
        "{} would change how PostgreSQL is reached, past the configuration: unset it",
        unseen.join(", ")
    );
    let inputs = cli.settings.inputs();
    let colours = !Environment::wants_plain_text();
    let find = |service: &_| find_service::find(&inputs, service);
    match command {
        Command::Serve => Box::pin(serve::run(&inputs)).await?,
        Command::Service(command) => return cli::run(command, colours, find).await,
        Command::AdminToken { command } => match command {
            AdminTokenCommand::Create {
                name,
                role,
                expires,
                json,
            } => create_admin_token::run(&inputs, name, role, expires, json).await?,
            AdminTokenCommand::Service(command) => cli::run_admin_token(command, colours, find).await?,
        },
        Command::Migrate => migrate::run(&inputs).await?,
        Command::Doctor(arguments) => return doctor::run(&inputs, &arguments).await,
        Command::Keys { command } => keys::run(command)?,
        Command::Config { command } => return config::run(&inputs, &command),
        Command::Db { command } => return db::run(&inputs, command).await,
        Command::Dev { command, service } => {
            let tenant_plane = || find_service::tenant_plane(&inputs, &service);
            cli::run_dev(command, &service, colours, find, tenant_plane).await?;
        }
        Command::Completions { .. } | Command::Man { .. } | Command::Openapi { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}
