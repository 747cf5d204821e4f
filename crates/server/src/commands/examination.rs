//! `tenantry examination`

use std::process::ExitCode;

use super::doctor;
use crate::cli::examination::ExaminationCommand;
use crate::cli::service::ServiceArgs;
use crate::client::{AdminClient, ClientError, Request, exit};
use crate::config::Inputs;
use crate::output::NobodyReads;

const DOCTOR: &str = "/admin/v1/doctor";

/// Goes by way of the running service.
pub(super) async fn run(
    inputs: &Inputs,
    command: &ExaminationCommand,
    service: &ServiceArgs,
) -> anyhow::Result<ExitCode> {
    match ask(inputs, command, service).await {
        Err(error) if !has_a_code(&error) => Ok(doctor::not_examined(&error)),
        result => result,
    }
}

async fn ask(
    inputs: &Inputs,
    command: &ExaminationCommand,
    service: &ServiceArgs,
) -> anyhow::Result<ExitCode> {
    let client = AdminClient::find(inputs, service)?;
    let request = match command {
        ExaminationCommand::Show => Request::get(DOCTOR),
        ExaminationCommand::Run => Request::post(DOCTOR),
    };
    let report = client.send(&request).await?.body;
    doctor::show(&report, service.json)
}

/// Whether it ends with a code that says what it is. That of any other failure is that of a finding.
fn has_a_code(error: &anyhow::Error) -> bool {
    error.is::<NobodyReads>()
        || error
            .downcast_ref()
            .is_some_and(|error: &ClientError| error.exit_code() != exit::FAILED)
}
