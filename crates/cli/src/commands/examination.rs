//! `tenantry examination`, and the report that `tenantry doctor` prints as well.

mod text;
mod verdict;

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::value::RawValue;

use self::text::Text;
use self::verdict::Verdict;
use super::session::Session;
use crate::args::ExaminationCommand;
use crate::client::{ClientError, Request};
use crate::exit;
use crate::output::{self, StdoutClosed};

const DOCTOR: &str = "/admin/v1/doctor";

/// There is no examination. The exit code is not that of a finding: a script must not take an invalid setting for a
/// finding, nor for its absence.
#[derive(Debug, thiserror::Error)]
#[error("not examined")]
pub struct NotExamined;

impl NotExamined {
    /// The error as one of these, unless it has an exit code of its own.
    pub fn explain(error: anyhow::Error) -> anyhow::Error {
        let own_code = error
            .downcast_ref()
            .is_some_and(|error: &ClientError| error.exit_code() != exit::FAILED);
        if own_code || error.is::<StdoutClosed>() {
            error
        } else {
            error.context(Self)
        }
    }
}

/// Prints an examination by the service.
pub(super) async fn run(session: &Session, command: ExaminationCommand) -> anyhow::Result<ExitCode> {
    let request = match command {
        ExaminationCommand::Show => Request::get(DOCTOR),
        ExaminationCommand::Run => Request::post(DOCTOR),
    };
    show(&session.client.send(&request).await?.body, session.json)
}

/// Prints an examination as it was reported or for people, and returns the exit code for it.
///
/// # Errors
/// When it is no examination, or cannot be printed.
pub fn show(report: &RawValue, json: bool) -> anyhow::Result<ExitCode> {
    let examination = serde_json::from_str(report.get()).context("invalid report")?;
    if json {
        output::line(output::pretty(report)?)?;
    } else {
        output::line(Text(&examination))?;
    }
    Ok(match Verdict::of(&examination) {
        Verdict::NotKnown => ExitCode::from(exit::NOT_EXAMINED),
        Verdict::Unsound => ExitCode::from(exit::FAILED),
        Verdict::Sound => ExitCode::SUCCESS,
    })
}
