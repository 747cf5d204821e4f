//! The `tenantry` command.

use std::process::ExitCode;

use clap::Parser as _;
use server::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match server::commands::run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) if server::output::nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the log may not be set up yet")]
            {
                eprintln!("tenantry: {}", server::output::in_one_line(&error));
            }
            ExitCode::FAILURE
        }
    }
}
