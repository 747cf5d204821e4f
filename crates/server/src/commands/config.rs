//! `tenantry config`

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use cli::output;
use config::{Inputs, Problem, Purpose, Report, check};
use crypto::KeyRing;
use schema::Authorities;
use web::error::in_one_line;

use crate::args::local::{CheckFor, ConfigCommand};

/// Prints every value; fails when something is wrong.
pub(super) fn run(inputs: &Inputs, command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    let &ConfigCommand::Check { purpose, json } = command;
    let purpose = match purpose {
        CheckFor::Serve => Purpose::Serve,
        CheckFor::Migrate => Purpose::Migrate,
    };
    let mut report = check(inputs, purpose);
    check_files(&mut report, purpose);
    if json {
        output::line(serde_json::to_string_pretty(&report).context("the report")?)?;
    } else {
        output::line(&report)?;
    }
    Ok(if report.is_valid() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Opens the files that the command would open.
fn check_files(report: &mut Report, purpose: Purpose) {
    if purpose == Purpose::Serve {
        check_file(report, "keys.ring_file", |path| KeyRing::load(path).map(drop));
    }
    for key in ["control_store.tls_ca_file", "data_cluster.tls_ca_file"] {
        check_file(report, key, |path| Authorities::from_file(path).map(drop));
    }
}

fn check_file<E: Error + 'static>(report: &mut Report, key: &str, open: impl FnOnce(&Path) -> Result<(), E>) {
    let row = report.keys.iter().find(|row| row.key == key);
    let path = row.and_then(|row| Some((row.value.as_ref()?.as_str()?, row.from.as_ref()?)));
    let refused = |problem: &Problem| problem.key.as_deref() == Some(key);
    let Some((path, from)) = path.filter(|_| !report.problems.iter().any(refused)) else {
        return;
    };
    if let Err(error) = open(Path::new(path)) {
        let message = format!("{key}: {} ({from})", in_one_line(&error));
        report.problems.push(Problem::new(Some(key.to_owned()), message));
    }
}
