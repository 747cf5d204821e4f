//! `tenantry examination`

use std::process::ExitCode;

use super::doctor;
use crate::cli::examination::ExaminationCommand;
use crate::cli::service::ServiceArgs;
use crate::client::{AdminClient, Request, exit};
use crate::config::Inputs;

const DOCTOR: &str = "/admin/v1/doctor";

/// Goes by way of the running service.
pub(super) async fn run(
    inputs: &Inputs,
    command: &ExaminationCommand,
    service: &ServiceArgs,
) -> anyhow::Result<ExitCode> {
    let request = match command {
        ExaminationCommand::Show => Request::get(DOCTOR),
        ExaminationCommand::Run => Request::post(DOCTOR),
    };
    let client = AdminClient::find(inputs, service)?;
    match client.send(&request).await {
        Ok(answer) => doctor::show(&answer.body, service.json),
        // A finding has the code of a failure, and this is none.
        Err(error) if error.exit_code() == exit::FAILED => Ok(doctor::not_examined(&error.into())),
        Err(error) => Err(error.into()),
    }
}
