//! `tenantry doctor`

mod shown;
mod text;

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use anyhow::Context as _;
use control_plane::doctor::{Doctor, Report};
use serde::Deserialize as _;
use serde_json::Value;

use self::shown::{Shown, Verdict};
use super::databases::Databases;
use crate::cli::local::DoctorArgs;
use crate::client::exit;
use crate::clusters;
use crate::config::{Inputs, Purpose};
use crate::output::{self, NobodyReads};

/// Examines both databases and prints what was found.
pub(super) async fn run(inputs: &Inputs, arguments: &DoctorArgs) -> anyhow::Result<ExitCode> {
    match print(inputs, arguments).await {
        Ok(code) => Ok(code),
        Err(error) if error.is::<NobodyReads>() => Err(error),
        Err(error) => Ok(not_examined(&error)),
    }
}

/// Says why. Not with the code of a finding: whoever waits for one must not take a wrong setting for it, nor for its
/// absence.
pub(super) fn not_examined(error: &anyhow::Error) -> ExitCode {
    // Not `eprintln!`, which panics where nobody can be told.
    let _ = writeln!(stderr(), "tenantry: {}", web::error::in_one_line(error.as_ref()));
    ExitCode::from(exit::NOT_EXAMINED)
}

/// Prints a report, which a service sent or was made here, as it is or for a person to read.
pub(super) fn show(report: &Value, json: bool) -> anyhow::Result<ExitCode> {
    let shown = Shown::deserialize(report).context("the report is not understood")?;
    if json {
        output::line(output::pretty(report)?)?;
    } else {
        output::line(&shown)?;
    }
    Ok(match shown.verdict() {
        Verdict::NotKnown => ExitCode::from(exit::NOT_EXAMINED),
        Verdict::Unsound => ExitCode::from(exit::FAILED),
        Verdict::Sound => ExitCode::SUCCESS,
    })
}

async fn print(inputs: &Inputs, arguments: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let databases = Databases::running(inputs, Purpose::Doctor).await?;
    let report = examine(&databases, !arguments.no_probe).await;
    databases.close().await?;
    show(
        &serde_json::to_value(report?).context("the report")?,
        arguments.json,
    )
}

async fn examine(databases: &Databases, probe: bool) -> anyhow::Result<Report> {
    let settings = clusters::patients(&databases.settings, clusters::operator)?;
    Ok(Doctor::new(settings).examine(probe).await)
}
