//! Entry point of the process: arguments, runtime, exit code.
//!
//! In the library and not `async`: a crate that polls a future compiles all of it, so an `async fn` awaited by the
//! executable would be compiled twice.

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use anyhow::Context as _;
use cli::output::StdoutClosed;
use tokio::runtime::Runtime;

use crate::args::{self, Cli};
use crate::commands;
use crate::telemetry::FlushOnDrop;

/// Runs the command that the arguments name, on a runtime of its own.
pub fn run() -> ExitCode {
    let arguments = std::env::args_os().collect();
    match run_command(args::parse(arguments).unwrap_or_else(|error| error.exit())) {
        Ok(code) => code,
        Err(error) if error.is::<StdoutClosed>() => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`, which panics where stderr is closed.
            let _ = writeln!(stderr(), "tenantry: {}", web::error::in_one_line(error.as_ref()));
            cli::exit_code(&error).into()
        }
    }
}

fn run_command(cli: Cli) -> anyhow::Result<ExitCode> {
    // Dropped after the runtime, whose tasks may log at their end.
    let _log = FlushOnDrop;
    let runtime = Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(Box::pin(commands::run(cli)))
}
