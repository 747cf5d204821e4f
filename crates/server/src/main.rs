//! The `tenantry` command.

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use clap::Parser as _;
use server::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(server::commands::run(Cli::parse())).await {
        Ok(code) => code,
        Err(error) if error.is::<server::output::NobodyReads>() => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`, which panics where nobody can be told.
            let _ = writeln!(stderr(), "tenantry: {}", web::error::in_one_line(error.as_ref()));
            server::commands::exit_code(&error)
        }
    }
}
