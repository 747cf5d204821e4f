//! The commands, a file each.

mod admin_token;
mod api_key;
mod audit;
mod completions;
mod config;
mod databases;
mod db;
mod doctor;
mod examination;
mod keys;
mod man;
mod migrate;
mod operation;
mod pool;
mod serve;
mod session;
mod tenant;

use std::process::ExitCode;

use anyhow::ensure;

use crate::cli::{Cli, Command};
use crate::client::{ClientError, exit};
use crate::config::Environment;
use crate::output::{self, Answer};

/// Runs the command.
///
/// # Errors
/// Why it failed, for a person to read; [`exit_code`] is for programs.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let command = match cli.command.unwrap_or(Command::Serve) {
        Command::Completions { shell } => return completions::run(shell).map(|()| ExitCode::SUCCESS),
        Command::Man { dir } => return man::run(dir.as_deref()).map(|()| ExitCode::SUCCESS),
        command => command,
    };
    let unseen = Environment::behind_the_configuration();
    ensure!(
        unseen.is_empty(),
        "{} would change how PostgreSQL is reached, past the configuration: unset it",
        unseen.join(", ")
    );
    let inputs = cli.settings.inputs();
    match command {
        Command::Serve => Box::pin(serve::run(&inputs)).await?,
        Command::Tenant { command, service } => tenant::run(&inputs, command, service).await?,
        Command::ApiKey { command, service } => api_key::run(&inputs, command, service).await?,
        Command::Pool { command, service } => pool::run(&inputs, command, service).await?,
        Command::Operation { command, service } => operation::run(&inputs, command, service).await?,
        Command::Audit { command, service } => audit::run(&inputs, command, service).await?,
        Command::Examination { command, service } => {
            return examination::run(&inputs, &command, &service).await;
        }
        Command::AdminToken { command } => admin_token::run(&inputs, command).await?,
        Command::Migrate => migrate::run(&inputs).await?,
        Command::Doctor(arguments) => return doctor::run(&inputs, &arguments).await,
        Command::Keys { command } => keys::run(command)?,
        Command::Config { command } => return config::run(&inputs, &command),
        Command::Db { command } => return db::run(&inputs, command).await,
        Command::Completions { .. } | Command::Man { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks before what is hard to undo. Where nobody can be asked, --yes has to have said it.
fn confirm(question: &str, what: &str, agrees: impl FnOnce(&Answer) -> bool) -> anyhow::Result<()> {
    match output::ask(question)? {
        Answer::Nobody => Err(ClientError::Usage(format!("this {what}: say so with --yes")).into()),
        answer if agrees(&answer) => Ok(()),
        Answer::Said(_) => Err(ClientError::Declined.into()),
    }
}

/// What a command ends with that failed so, as `tenantry --help` says.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let code = error.downcast_ref().map(ClientError::exit_code);
    code.unwrap_or(exit::FAILED).into()
}
