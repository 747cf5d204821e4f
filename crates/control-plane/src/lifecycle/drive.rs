//! Takes an operation from the step that it is at to its end.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::step::{Steps, Worked};
use crate::operation::{Operation, OperationState};
use crate::plane::ControlPlane;
use crate::store::{Claim, Lease, Store, StoreError};

/// For one step, or one batch of rows: well within the half minute of a lease.
const STEP: Duration = Duration::from_secs(20);
/// How long somebody else's step on the same tenant is waited for.
const TURN: Duration = Duration::from_secs(10);
/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(50);
/// Before a step that failed is tried again: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How far an operation came.
#[derive(Debug)]
pub(crate) enum Driven {
    /// It has ended.
    Ended,
    /// A step failed, and is tried again later.
    Failed(String),
    /// Somebody else is at work on the tenant, or the store did not answer: the reconciler goes on.
    Elsewhere,
}

/// What drives operations.
pub(crate) struct Driver {
    store: Store,
    steps: Steps,
}

impl Driver {
    pub(crate) fn new(plane: &ControlPlane) -> Self {
        Self {
            store: plane.store().clone(),
            steps: Steps::new(plane),
        }
    }

    /// Drives the operation as far as it goes.
    pub(crate) async fn drive(&self, operation: Uuid) -> Driven {
        let lease = Lease {
            operation,
            holder: Uuid::new_v4(),
        };
        let driven = self.take_on(lease).await;
        if !matches!(driven, Ok(Driven::Ended))
            && let Err(error) = self.store.give_up(lease).await
        {
            tracing::debug!(%operation, %error, "an operation could not be given up; its lease runs out");
        }
        driven.unwrap_or_else(|error| {
            tracing::warn!(%operation, %error, "the control store does not let an operation go on");
            Driven::Elsewhere
        })
    }

    async fn take_on(&self, lease: Lease) -> Result<Driven, StoreError> {
        let until = Instant::now() + TURN;
        let mut operation = loop {
            match self.store.claim(lease).await? {
                Claim::Mine(operation) => break operation,
                Claim::Over => return Ok(Driven::Ended),
                Claim::Busy if Instant::now() >= until => return Ok(Driven::Elsewhere),
                Claim::Busy => sleep(LOOK).await,
            }
        };
        while let Some(step) = operation.step() {
            let worked = timeout(STEP, self.steps.work(step, &operation)).await;
            let worked = worked.map_err(|_| "it took too long".to_owned());
            match worked.and_then(|worked| worked.map_err(|error| error.to_string())) {
                Ok(Worked::Some(rows)) => {
                    if !self.store.note_removed(lease, rows).await? {
                        return Ok(Driven::Elsewhere);
                    }
                }
                Ok(Worked::Done(effect)) => {
                    operation.steps_done += 1;
                    let last = operation.steps_done >= operation.kind.steps().len();
                    let (tenant, done) = (operation.tenant, operation.steps_done);
                    if !self.store.note_step(lease, tenant, done, last, effect).await? {
                        return Ok(Driven::Elsewhere);
                    }
                    if last {
                        operation.state = OperationState::Succeeded;
                    }
                }
                Err(error) => return self.failed(lease, &operation, error).await,
            }
        }
        tracing::info!(tenant = %operation.tenant, operation = %operation.id, kind = operation.kind.as_str(), "done");
        Ok(Driven::Ended)
    }

    async fn failed(&self, lease: Lease, operation: &Operation, error: String) -> Result<Driven, StoreError> {
        let step = operation.step();
        tracing::warn!(tenant = %operation.tenant, operation = %operation.id, ?step, error, "a step failed");
        let doublings = operation.attempts.clamp(0, 16).unsigned_abs();
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        self.store.note_failure(lease, &error, pause).await?;
        Ok(Driven::Failed(error))
    }
}
