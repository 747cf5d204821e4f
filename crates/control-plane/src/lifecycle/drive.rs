//! Takes an operation from the step that it is at to its end.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::step::{StepError, Steps, Worked};
use crate::operation::{Operation, OperationState, Step};
use crate::plane::ControlPlane;
use crate::store::{Claim, Lease, Store, StoreError};

/// For one step, or one batch of rows: well within the half minute of a lease.
const STEP: Duration = Duration::from_secs(20);
/// How long somebody else's step on the same tenant is waited for.
const TURN: Duration = Duration::from_secs(10);
/// So young a lease has to be for a step to begin: the rest is enough for the longest.
const FRESH: Duration = Duration::from_secs(8);
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

    /// Drives the operation as far as it goes, now, waiting a while for whoever works on its tenant.
    pub(crate) async fn drive(&self, operation: Uuid) -> Driven {
        self.try_to_drive(operation, true).await
    }

    /// The same if it is due, and nobody else is at work on the tenant.
    pub(crate) async fn drive_if_due(&self, operation: Uuid) -> Driven {
        self.try_to_drive(operation, false).await
    }

    async fn try_to_drive(&self, operation: Uuid, now: bool) -> Driven {
        let lease = Lease {
            operation,
            holder: Uuid::new_v4(),
        };
        let driven = match self.claim(lease, now).await {
            Ok(Ok(operation)) => self.go_on(lease, operation).await,
            Ok(Err(driven)) => return driven,
            Err(error) => Err(error),
        };
        driven.unwrap_or_else(|error| {
            tracing::warn!(%operation, %error, "the control store does not let an operation go on");
            Driven::Elsewhere
        })
    }

    /// The operation, if it is to be driven here.
    async fn claim(&self, lease: Lease, now: bool) -> Result<Result<Operation, Driven>, StoreError> {
        let until = Instant::now() + TURN;
        loop {
            match self.store.claim(lease, !now).await? {
                Claim::Mine(operation) => return Ok(Ok(operation)),
                Claim::Over => return Ok(Err(Driven::Ended)),
                Claim::Busy if now && Instant::now() < until => sleep(LOOK).await,
                Claim::Busy => return Ok(Err(Driven::Elsewhere)),
            }
        }
    }

    async fn go_on(&self, lease: Lease, mut operation: Operation) -> Result<Driven, StoreError> {
        let mut renewed = Instant::now();
        while let Some(step) = operation.step() {
            // This process may have stood still: then the lease is somebody else's by now, or will be in the middle.
            if renewed.elapsed() > FRESH {
                return self.superseded(lease).await;
            }
            let worked = timeout(STEP, self.steps.work(step, &operation)).await;
            let worked = worked.unwrap_or(Err(StepError::Data("took too long")));
            renewed = Instant::now();
            let kept = match worked {
                Ok(Worked::Some(rows)) => self.store.note_removed(lease, rows).await,
                Ok(Worked::Done(effect)) => {
                    operation.steps_done += 1;
                    let last = operation.steps_done >= operation.kind.steps().len();
                    if last {
                        operation.state = OperationState::Succeeded;
                    }
                    let (tenant, done) = (operation.tenant, operation.steps_done);
                    self.store.note_step(lease, tenant, done, last, effect).await
                }
                Err(error) => return self.failed(lease, &operation, step, &error).await,
            };
            match kept {
                Ok(true) => operation.attempts = 0,
                Ok(false) => {
                    if step.opens()
                        && let Err(error) = self.steps.close_if_refused(operation.tenant).await
                    {
                        tracing::warn!(tenant = %operation.tenant, %error, "a login may be open that should not be");
                    }
                    return self.superseded(lease).await;
                }
                Err(error) => return self.failed(lease, &operation, step, &error.into()).await,
            }
        }
        tracing::info!(tenant = %operation.tenant, operation = %operation.id, kind = operation.kind.as_str(), "done");
        Ok(Driven::Ended)
    }

    /// Whoever comes next need not wait.
    async fn superseded(&self, lease: Lease) -> Result<Driven, StoreError> {
        self.store.give_up(lease).await?;
        Ok(Driven::Elsewhere)
    }

    async fn failed(
        &self,
        lease: Lease,
        operation: &Operation,
        step: Step,
        error: &StepError,
    ) -> Result<Driven, StoreError> {
        let words = error.words();
        tracing::warn!(tenant = %operation.tenant, operation = %operation.id, ?step, %error, words, "a step failed");
        let doublings = operation.attempts.clamp(0, 16).unsigned_abs();
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        let text = error.to_string();
        self.store
            .note_failure(lease, &text, pause, error.is_open())
            .await?;
        Ok(Driven::Failed(text))
    }
}
