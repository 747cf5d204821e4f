//! `tenantry operation`

use std::time::Duration;

use admin_types::Operation;

use super::named::Named;
use super::progress::Progress;
use super::session::Session;
use crate::args::{FollowArgs, OperationCommand};
use crate::client::{Answer, ClientError, OPERATIONS, Request};
use crate::output::Column;

type Listed = Named<Operation>;

const LISTED: &[Column<Listed>] = &[
    Column::whole("id", |named| named.row.id.into()),
    Column::whole("kind", |named| (&*named.row.kind).into()),
    Column::text("tenant", |named| named.tenant.clone().into()),
    Column::state("state", |named| (&*named.row.state).into()),
    Column::text("step", |named: &Listed| named.row.progress.step.as_deref().into()).optional(2),
    Column::number("failed", |named: &Listed| named.row.attempts.into()).optional(1),
    Column::whole("created", |named: &Listed| named.row.created_at.into()).optional(3),
    Column::text("actor", |named: &Listed| named.row.actor.as_str().into()).optional(4),
    Column::whole("tenant id", |named: &Listed| named.row.tenant_id.into()).optional(5),
];

const SHOWN: &[Column<Operation>] = &[
    Column::whole("id", |operation| operation.id.into()),
    Column::whole("kind", |operation| (&*operation.kind).into()),
    Column::whole("tenant", |operation| operation.tenant_id.into()),
    Column::state("state", |operation| (&*operation.state).into()),
    Column::text("step", |operation| operation.progress.step.as_deref().into()),
    Column::number("steps done", |operation| operation.progress.steps_done.into()),
    Column::number("steps in all", |operation| operation.progress.steps_total.into()),
    Column::number("rows removed", |operation| operation.progress.rows_removed.into()),
    Column::number("failed in a row", |operation| operation.attempts.into()),
    Column::text("last error", |operation| operation.last_error.as_deref().into()),
    Column::whole("tried again", |operation| operation.next_attempt_at.into()),
    Column::text("actor", |operation| operation.actor.as_str().into()),
    Column::whole("created", |operation| operation.created_at.into()),
    Column::whole("updated", |operation| operation.updated_at.into()),
    Column::whole("finished", |operation| operation.finished_at.into()),
];

pub(super) async fn run(session: &Session, command: OperationCommand) -> anyhow::Result<()> {
    match command {
        OperationCommand::List {
            tenant,
            state,
            kind,
            page,
        } => {
            let request = Request::get(OPERATIONS)
                .query(
                    "tenant_id",
                    session.client.tenant_parameter(tenant.as_ref()).await?,
                )
                .query("state", state)
                .query("kind", kind);
            session
                .list_named(request, page, LISTED, |operation| Some(operation.tenant_id))
                .await
        }
        OperationCommand::Show { operation } => {
            session.show_at(format!("{OPERATIONS}/{operation}"), SHOWN).await
        }
        OperationCommand::Wait {
            operation,
            wait_timeout,
        } => {
            let request = Request::get(format!("{OPERATIONS}/{operation}"));
            let operation = session.client.send(&request).await?;
            session.show(&session.watch(operation, wait_timeout).await?, SHOWN)
        }
        OperationCommand::Retry { operation, follow } => {
            let request = Request::post(format!("{OPERATIONS}/{operation}/retry"));
            let answer = session.client.send(&request).await?;
            match session.finish(answer, follow).await? {
                None => Ok(()),
                Some(Outcome::AtOnce(operation) | Outcome::Operation(operation)) => {
                    session.show(&operation, SHOWN)
                }
            }
        }
    }
}

impl Session {
    /// Waits for the operation in the answer, if it is one that runs on. With `--no-wait` it is shown instead, and there
    /// is no outcome.
    pub(super) async fn finish(&self, answer: Answer, follow: FollowArgs) -> anyhow::Result<Option<Outcome>> {
        if !answer.accepted {
            return Ok(Some(Outcome::AtOnce(answer)));
        }
        if follow.no_wait {
            self.show(&answer, SHOWN)?;
            return Ok(None);
        }
        let ended = self.watch(answer, follow.wait_timeout).await?;
        Ok(Some(Outcome::Operation(ended)))
    }

    /// Waits until the operation has succeeded, and shows its progress meanwhile.
    pub(super) async fn watch(&self, operation: Answer, timeout: Duration) -> Result<Answer, ClientError> {
        self.client.follow(operation, timeout, &mut Progress::new()).await
    }
}

/// The result of a change.
pub(super) enum Outcome {
    /// This document, without an operation.
    AtOnce(Answer),
    /// An operation, which has succeeded.
    Operation(Answer),
}
