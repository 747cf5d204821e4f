//! `tenantry doctor`

mod text;

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use anyhow::Context as _;
use control_plane::doctor::{Doctor, Report};

use self::text::Text;
use super::databases::Databases;
use crate::cli::local::DoctorArgs;
use crate::clusters;
use crate::config::{Inputs, Purpose};
use crate::output::{self, NobodyReads};

/// Something was found that keeps tenants from being apart.
const FOUND: u8 = 1;
/// It could not be examined, or not all of it.
const NOT_EXAMINED: u8 = 2;

/// Examines both databases and prints what was found.
pub(super) async fn run(inputs: &Inputs, arguments: &DoctorArgs) -> anyhow::Result<ExitCode> {
    match print(inputs, arguments).await {
        Ok(code) => Ok(code),
        Err(error) if error.is::<NobodyReads>() => Err(error),
        // Not the code of a finding: whoever waits for one must not take a typing mistake for it, nor for its absence.
        Err(error) => {
            let _ = writeln!(stderr(), "tenantry: {}", web::error::in_one_line(error.as_ref()));
            Ok(ExitCode::from(NOT_EXAMINED))
        }
    }
}

async fn print(inputs: &Inputs, arguments: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let databases = Databases::use_for(inputs, Purpose::Doctor).await?;
    let report = examine(&databases, !arguments.no_probe).await;
    databases.close().await?;
    let report = report?;
    if arguments.json {
        output::line(serde_json::to_string_pretty(&report).context("the report")?)?;
    } else {
        output::line(Text(&report))?;
    }
    Ok(code(&report))
}

async fn examine(databases: &Databases, probe: bool) -> anyhow::Result<Report> {
    let settings = clusters::patients(&databases.settings, clusters::operator)?;
    Ok(Doctor::new(settings).examine(probe).await)
}

fn code(report: &Report) -> ExitCode {
    match (report.complete(), report.sound) {
        (false, _) => ExitCode::from(NOT_EXAMINED),
        (true, false) => ExitCode::from(FOUND),
        (true, true) => ExitCode::SUCCESS,
    }
}
