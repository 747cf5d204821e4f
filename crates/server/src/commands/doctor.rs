//! `tenantry doctor`

use std::process::ExitCode;

use anyhow::Context as _;
use cli::NotExamined;
use config::{Inputs, Purpose};
use isolation_doctor::{Doctor, Report};
use serde_json::value::to_raw_value;

use super::databases::Databases;
use crate::args::local::DoctorArgs;
use crate::clusters;

/// Examines both databases and prints the findings.
pub(super) async fn run(inputs: &Inputs, arguments: &DoctorArgs) -> anyhow::Result<ExitCode> {
    print(inputs, arguments).await.map_err(NotExamined::explain)
}

async fn print(inputs: &Inputs, arguments: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let databases = Databases::running(inputs, Purpose::Doctor).await?;
    let report = examine(&databases, !arguments.no_probe).await;
    databases.close().await?;
    cli::show_examination(&to_raw_value(&report?).context("the report")?, arguments.json)
}

async fn examine(databases: &Databases, probe: bool) -> anyhow::Result<Report> {
    let settings = clusters::doctor_settings(&databases.settings, clusters::operator)?;
    Ok(Doctor::new(settings).examine(probe).await)
}
