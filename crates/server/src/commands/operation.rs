//! `tenantry operation`

use control_plane::{OperationKind, OperationState};

use super::session::{Outcome, Session};
use crate::cli::operation::OperationCommand;
use crate::cli::service::ServiceArgs;
use crate::client::{OPERATIONS, Request};
use crate::config::Inputs;
use crate::output::Column;

const LISTED: &[Column] = &[
    Column::whole("id", "/id"),
    Column::whole("kind", "/kind"),
    Column::whole("tenant", "/tenant_id"),
    Column::state("state", "/state"),
    Column::text("step", "/progress/step"),
    Column::number("failed", "/attempts"),
    Column::moment("created", "/created_at"),
    Column::text("actor", "/actor"),
];

pub(super) const SHOWN: &[Column] = &[
    Column::whole("id", "/id"),
    Column::whole("kind", "/kind"),
    Column::whole("tenant", "/tenant_id"),
    Column::state("state", "/state"),
    Column::text("step", "/progress/step"),
    Column::number("steps done", "/progress/steps_done"),
    Column::number("steps in all", "/progress/steps_total"),
    Column::number("rows removed", "/progress/rows_removed"),
    Column::number("failed in a row", "/attempts"),
    Column::text("last error", "/last_error"),
    Column::moment("tried again", "/next_attempt_at"),
    Column::text("actor", "/actor"),
    Column::moment("created", "/created_at"),
    Column::moment("updated", "/updated_at"),
    Column::moment("finished", "/finished_at"),
];

/// Goes by way of the running service.
pub(super) async fn run(
    inputs: &Inputs,
    command: OperationCommand,
    service: ServiceArgs,
) -> anyhow::Result<()> {
    let session = Session::open(inputs, &service)?;
    match command {
        OperationCommand::List {
            tenant,
            state,
            kind,
            page,
        } => {
            let tenant = session.client.maybe_tenant(tenant.as_ref()).await?;
            let request = Request::get(OPERATIONS)
                .maybe("tenant_id", tenant)
                .maybe("state", state.map(OperationState::as_str))
                .maybe("kind", kind.map(OperationKind::as_str));
            session.list(request, &page, LISTED, |_| String::new()).await
        }
        OperationCommand::Show { operation } => {
            session.show_at(format!("{OPERATIONS}/{operation}"), SHOWN).await
        }
        OperationCommand::Wait {
            operation,
            wait_timeout,
        } => {
            let request = Request::get(format!("{OPERATIONS}/{operation}"));
            let operation = session.client.send(&request).await?.body;
            session.show(&session.watch(operation, wait_timeout).await?, SHOWN)
        }
        OperationCommand::Retry { operation, follow } => {
            let request = Request::post(format!("{OPERATIONS}/{operation}/retry"));
            let answer = session.client.send(&request).await?;
            match session.carry_through(answer, follow).await? {
                None => Ok(()),
                Some(Outcome::AtOnce(answer)) => session.show(&answer.body, SHOWN),
                Some(Outcome::Operation(operation)) => session.show(&operation, SHOWN),
            }
        }
    }
}
