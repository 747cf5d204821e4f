//! An operation that was started, and waiting for its end.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use super::drive::{Driven, Driver};
use crate::operation::{Operation, OperationState};
use crate::plane::ControlPlane;
use crate::store::{Committed, StoreError};
use crate::tenant::Tenant;

/// A change of a tenant that is committed. What is left of it goes on by itself, also when nobody waits for it.
#[derive(Debug)]
pub struct Started {
    /// The tenant, as it was when the change was committed.
    pub tenant: Tenant,
    /// What leads it on; `None` when nothing was to be done.
    pub operation: Option<Operation>,
    /// What drives the operation here, unless it was started by somebody else before.
    pub(super) driving: Option<JoinHandle<Driven>>,
}

impl Started {
    /// The tenant and its operation, as they are when the operation has ended, has failed once, or this time is up:
    /// look at the operation's state.
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
            && let Some(driving) = self.driving.take()
        {
            // Dropping the handle leaves the task at work.
            let _ = timeout(patience, driving).await;
        }
        let operation = plane.store().operation(operation.id).await?;
        let tenant = plane.tenant(self.tenant.id).await?;
        Ok((tenant.unwrap_or(self.tenant), operation))
    }
}

impl ControlPlane {
    /// Drives what was committed, in a task of its own, if the operation is the `own` one.
    pub(super) fn start(&self, committed: Committed, own: Uuid) -> Started {
        let Committed { tenant, operation } = committed;
        let driving = operation
            .as_ref()
            .filter(|operation| operation.id == own)
            .map(|operation| {
                let driver = Driver::new(self);
                let id = operation.id;
                tokio::spawn(async move { driver.drive(id).await })
            });
        Started {
            tenant,
            operation,
            driving,
        }
    }
}
