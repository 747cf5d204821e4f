//! Execution of an operation, from its current step to its end.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::step_error::StepError;
use super::steps::{StepExecutor, StepOutcome};
use crate::operation::{Operation, OperationState, Step};
use crate::plane::ControlPlane;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::operation_leases::{LeaseClaim, OperationLease};

/// For one step, or one batch of rows: well below the half minute of a lease.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);
/// How long to wait for another process's step on the same tenant.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between two attempts to claim the lease.
const CLAIM_POLL: Duration = Duration::from_millis(50);
/// The maximum age of a lease at which a step may begin: the rest suffices for the longest step.
const MAX_LEASE_AGE: Duration = Duration::from_secs(8);
/// The pause before a failed step is retried. Doubles with each attempt, up to the maximum.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_mins(1);

/// The result of running an operation.
#[derive(Debug)]
pub(crate) enum RunOutcome {
    /// The operation has ended.
    Ended,
    /// A step failed, and will be retried.
    Failed(String),
    /// Another process works on the tenant, or the store did not answer. The reconciler continues.
    Elsewhere,
}

/// Runs operations.
pub(crate) struct OperationRunner {
    store: Store,
    steps: StepExecutor,
}

impl OperationRunner {
    pub(crate) fn new(plane: &ControlPlane) -> Self {
        Self {
            store: plane.store().clone(),
            steps: StepExecutor::new(plane),
        }
    }

    /// Runs the operation as far as possible, after waiting for a process that works on its tenant.
    pub(crate) async fn run(&self, operation: Uuid) -> RunOutcome {
        self.claim_and_run(operation, true).await
    }

    /// Runs the operation if it is due and no other process works on its tenant.
    pub(crate) async fn run_if_due(&self, operation: Uuid) -> RunOutcome {
        self.claim_and_run(operation, false).await
    }

    async fn claim_and_run(&self, operation: Uuid, now: bool) -> RunOutcome {
        let lease = OperationLease {
            operation,
            holder: Uuid::new_v4(),
        };
        let outcome = match self.claim(lease, now).await {
            Ok(Ok(operation)) => self.run_steps(lease, operation).await,
            Ok(Err(outcome)) => return outcome,
            Err(error) => Err(error),
        };
        outcome.unwrap_or_else(|error| {
            tracing::warn!(%operation, %error, "control store failed; a reconciler will resume the operation");
            RunOutcome::Elsewhere
        })
    }

    /// Claims the lease; otherwise returns the reason why the operation does not run here.
    async fn claim(
        &self,
        lease: OperationLease,
        now: bool,
    ) -> Result<Result<Operation, RunOutcome>, StoreError> {
        let until = Instant::now() + BUSY_TIMEOUT;
        loop {
            match self.store.claim(lease, !now).await? {
                LeaseClaim::Claimed(operation) => return Ok(Ok(operation)),
                LeaseClaim::Ended => return Ok(Err(RunOutcome::Ended)),
                LeaseClaim::Busy if now && Instant::now() < until => sleep(CLAIM_POLL).await,
                LeaseClaim::Busy => return Ok(Err(RunOutcome::Elsewhere)),
            }
        }
    }

    async fn run_steps(
        &self,
        lease: OperationLease,
        mut operation: Operation,
    ) -> Result<RunOutcome, StoreError> {
        let mut renewed = Instant::now();
        while let Some(step) = operation.step() {
            // If this process was suspended, the lease may expire during the step.
            if renewed.elapsed() > MAX_LEASE_AGE {
                return self.release(lease).await;
            }
            let outcome = timeout(STEP_TIMEOUT, self.steps.execute(step, &operation)).await;
            let outcome = outcome.unwrap_or(Err(StepError::Data("did not answer in time")));
            renewed = Instant::now();
            let recorded = match outcome {
                Ok(StepOutcome::RowsRemoved(rows)) => self.store.add_rows_removed(lease, rows).await,
                Ok(StepOutcome::Done(effect)) => {
                    operation.steps_done += 1;
                    let last = operation.steps_done >= operation.kind.steps().len();
                    if last {
                        operation.state = OperationState::Succeeded;
                    }
                    let (tenant, done) = (operation.tenant, operation.steps_done);
                    self.store.record_step(lease, tenant, done, last, effect).await
                }
                Err(error) => return self.fail(lease, &operation, step, &error).await,
            };
            match recorded {
                Ok(true) => operation.attempts = 0,
                Ok(false) => {
                    if step.opens_login()
                        && let Err(error) = self.steps.close_if_refused(operation.tenant).await
                    {
                        tracing::warn!(tenant = %operation.tenant, %error, "cannot close a refused tenant's login");
                    }
                    return self.release(lease).await;
                }
                Err(error) => return self.fail(lease, &operation, step, &error.into()).await,
            }
        }
        tracing::info!(
            tenant = %operation.tenant,
            operation = %operation.id,
            kind = operation.kind.as_str(),
            "operation succeeded"
        );
        Ok(RunOutcome::Ended)
    }

    /// Releases the lease for the next process.
    async fn release(&self, lease: OperationLease) -> Result<RunOutcome, StoreError> {
        self.store.release(lease).await?;
        Ok(RunOutcome::Elsewhere)
    }

    async fn fail(
        &self,
        lease: OperationLease,
        operation: &Operation,
        step: Step,
        error: &StepError,
    ) -> Result<RunOutcome, StoreError> {
        tracing::warn!(
            tenant = %operation.tenant,
            operation = %operation.id,
            ?step,
            %error,
            server_message = error.server_message(),
            "step failed; will retry"
        );
        let doublings = operation.attempts.clamp(0, 16).unsigned_abs();
        let pause = FIRST_RETRY.saturating_mul(1 << doublings).min(MAX_RETRY);
        let text = error.to_string();
        self.store
            .record_failure(lease, &text, pause, error.may_still_take_effect())
            .await?;
        Ok(RunOutcome::Failed(text))
    }
}
