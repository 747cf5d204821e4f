//! A started change of a tenant, and waiting for its operation.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use super::operation_runner::{OperationRunner, RunOutcome};
use crate::operation::{Operation, OperationState};
use crate::plane::ControlPlane;
use crate::store::error::StoreError;
use crate::store::start_operation::CommittedChange;
use crate::tenant::Tenant;

/// A committed change of a tenant. Its operation runs in the background, whether or not a caller waits for it.
#[derive(Debug)]
pub struct StartedChange {
    /// The tenant when the change was committed.
    pub tenant: Tenant,
    /// The operation that completes the change; `None` when there is nothing to do.
    pub operation: Option<Operation>,
    /// The task that runs the operation here; `None` when another caller started it before.
    pub(super) task: Option<JoinHandle<RunOutcome>>,
}

impl StartedChange {
    /// Waits until the operation has ended or failed once, at most for this time, and returns the current tenant
    /// and operation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn within(
        mut self,
        plane: &ControlPlane,
        patience: Duration,
    ) -> Result<(Tenant, Option<Operation>), StoreError> {
        let Some(operation) = &self.operation else {
            return Ok((self.tenant, None));
        };
        if operation.state == OperationState::Running
            && let Some(task) = self.task.take()
        {
            // Dropping the handle does not abort the task.
            let _ = timeout(patience, task).await;
        }
        let operation = plane.store().operation(operation.id).await?;
        let tenant = plane.tenant(self.tenant.id).await?;
        Ok((tenant.unwrap_or(self.tenant), operation))
    }
}

impl ControlPlane {
    /// Runs the operation of a committed change in a task, if it is the caller's `own` operation.
    pub(super) fn start(&self, committed: CommittedChange, own: Uuid) -> StartedChange {
        let CommittedChange { tenant, operation } = committed;
        let task = operation
            .as_ref()
            .filter(|operation| operation.id == own)
            .map(|operation| self.spawn_operation(operation.id));
        StartedChange {
            tenant,
            operation,
            task,
        }
    }

    /// Runs an operation in a task.
    pub(super) fn spawn_operation(&self, operation: Uuid) -> JoinHandle<RunOutcome> {
        let runner = OperationRunner::new(self);
        tokio::spawn(async move { runner.run(operation).await })
    }
}
