//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use crate::programs::Program;
use crate::scenarios::{FULL, SCENARIOS};

/// Measures Tenantry against what it is to be compared with, both sides in the same run.
///
/// Without a name it runs the quick set, in less than five minutes. Scenarios are named one by one, or `full` is every
/// one at its full length; `bench list` says what each is for. Everything runs on this machine, on loopback, within a
/// bounded time, and is gone when the run ends. Tables go to standard output, progress to standard error, and
/// the report (HTML, Markdown, JSON, CSV) into the folder given by --out.
#[derive(Debug, Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// What to do besides measuring.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the scenarios, a line each.
    List,
    /// Hold each figure of a report against its target; exits with 1 when one misses.
    Verdict {
        /// The report, as written by --out or --json.
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
    },
}

/// What is measured, and how.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Scenarios to run, in this order; `full` is every one. Without any, the quick set.
    #[arg(value_name = "NAME", value_parser = names())]
    pub(crate) names: Vec<String>,
    /// Fewer and shorter rounds, for a look: the report says so, and its figures are not to be quoted.
    #[arg(long)]
    pub(crate) quick: bool,
    /// How long one round of load lasts. Without it each scenario's own length.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: Option<u64>,
    /// Writes the figures to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The folder for the report: HTML, Markdown, JSON and CSV.
    #[arg(long, value_name = "DIR", default_value = "bench/results")]
    pub(crate) out: PathBuf,
    /// Does without this program and what needs it. May be repeated; the report says so. The quick set does without
    /// openssl, pgbench and pgbouncer by itself where they are not installed.
    #[arg(long, value_name = "PROGRAM", value_enum)]
    pub(crate) without: Vec<Program>,
    /// The service to measure. Without it the `tenantry` that was built beside this executable.
    #[arg(long, value_name = "PATH")]
    pub(crate) binary: Option<PathBuf>,
    /// The commit that was built, for the report.
    #[arg(long, value_name = "ID")]
    pub(crate) commit: Option<String>,
    /// A remark for the report, such as the date or what else ran on the machine.
    #[arg(long, value_name = "TEXT")]
    pub(crate) remark: Option<String>,
}

fn names() -> PossibleValuesParser {
    let full = std::iter::once(FULL);
    PossibleValuesParser::new(full.chain(SCENARIOS.iter().map(|entry| entry.scenario.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn scenarios_and_options_mix() {
        let cli = Cli::try_parse_from([
            "bench",
            "hit",
            "--quick",
            "logins",
            "--seconds",
            "2",
            "--without",
            "pgbouncer",
        ])
        .unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.run.names, ["hit", "logins"]);
        assert!(cli.run.quick);
        assert_eq!(cli.run.seconds, Some(2));
        assert_eq!(cli.run.without, [Program::Pgbouncer]);
    }

    #[test]
    fn no_name_is_the_quick_set() {
        let cli = Cli::try_parse_from(["bench", "--binary", "target/debug/tenantry"]).unwrap();
        assert!(cli.command.is_none() && cli.run.names.is_empty());
        assert_eq!(cli.run.binary.unwrap(), PathBuf::from("target/debug/tenantry"));
    }

    #[test]
    fn a_verdict_takes_a_file_and_no_scenario() {
        let cli = Cli::try_parse_from(["bench", "verdict", "report.json"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Verdict { .. })));
    }

    #[test]
    fn unknown_scenarios_and_values_are_refused() {
        for wrong in [&["bench", "hti"][..], &["bench", "hit", "--seconds", "0"]] {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }
}
