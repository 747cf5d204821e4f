//! The load laboratory: `cargo run --release -p bench -- --help`.

mod chart;
mod child;
mod cli;
mod context;
mod engine;
mod figure;
mod load;
mod machine;
mod plan;
mod process;
mod programs;
mod progress;
mod random;
mod report;
mod run;
mod scenarios;
mod spread;
mod text;
mod verdict;
mod world;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    let outcome = match cli.command {
        Some(Command::List) => text::list(&mut out).map(|()| ExitCode::SUCCESS),
        Some(Command::Verdict { file }) => verdict::run(&file, &mut out),
        None => run::run(cli.run, &mut out).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        // Nothing is left to say it to when standard error is closed.
        let _ = writeln!(io::stderr(), "bench: {error:#}");
        ExitCode::FAILURE
    })
}
