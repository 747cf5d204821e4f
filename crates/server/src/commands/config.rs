//! `tenantry config`

use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::local::{CheckFor, ConfigCommand};
use crate::config::{Inputs, Purpose, check};
use crate::output;

/// Prints what holds; fails when something is wrong.
pub(super) fn run(inputs: &Inputs, command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    let &ConfigCommand::Check { purpose, json } = command;
    let purpose = match purpose {
        CheckFor::Serve => Purpose::Serve,
        CheckFor::Migrate => Purpose::Migrate,
    };
    let report = check(inputs, purpose);
    if json {
        output::line(serde_json::to_string_pretty(&report).context("the report")?)?;
    } else {
        output::line(&report)?;
    }
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
