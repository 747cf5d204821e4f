//! The commands, a file each.

mod admin_token;
mod config;
mod databases;
mod db;
mod doctor;
mod keys;
mod migrate;
mod serve;
mod tenant;

use std::process::ExitCode;

use anyhow::ensure;

use crate::cli::{Cli, Command};
use crate::config::Environment;

/// Runs the command.
///
/// # Errors
/// Why it failed, for a person to read.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let unseen = Environment::behind_the_configuration();
    ensure!(
        unseen.is_empty(),
        "{} would change how PostgreSQL is reached, past the configuration: unset it",
        unseen.join(", ")
    );
    let inputs = cli.settings.inputs();
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&inputs).await?,
        Command::Tenant { command, service } => tenant::run(&inputs, command, service).await?,
        Command::AdminToken { command } => admin_token::run(&inputs, command).await?,
        Command::Migrate => migrate::run(&inputs).await?,
        Command::Doctor(arguments) => return doctor::run(&inputs, &arguments).await,
        Command::Keys { command } => keys::run(command)?,
        Command::Config { command } => return config::run(&inputs, &command),
        Command::Db { command } => return db::run(&inputs, command).await,
    }
    Ok(ExitCode::SUCCESS)
}
