//! Leases of operations: one process at a time works on a tenant, and the lease of a killed process expires.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::Store;
use super::error::StoreError;
use super::operations::operation_by_id;
use crate::operation::{Operation, OperationState};

/// The result of a claim.
pub(crate) enum LeaseClaim {
    /// The caller holds the lease until it expires or is released.
    Claimed(Operation),
    /// Another process works on the tenant.
    Busy,
    /// The operation has ended.
    Ended,
}

/// A lease of half a minute on an operation. Every step renews it, so a step must take less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OperationLease {
    pub(crate) operation: Uuid,
    /// Unique to one attempt.
    pub(crate) holder: Uuid,
}

impl Store {
    /// Claims the operation unless another process works on its tenant. With `due`, only if it is due.
    pub(crate) async fn claim(&self, lease: OperationLease, due: bool) -> Result<LeaseClaim, StoreError> {
        let mut transaction = self.pool.begin().await?;
        // A concurrent claim of the same tenant waits here, and then sees this lease.
        sqlx::query!(
            "SELECT FROM control.tenants
             WHERE id = (SELECT tenant_id FROM control.operations WHERE id = $1)
             FOR NO KEY UPDATE",
            lease.operation,
        )
        .execute(&mut *transaction)
        .await?;
        let claimed = sqlx::query!(
            "UPDATE control.operations AS own
             SET lease = $2, leased_until = clock_timestamp() + interval '30 seconds', updated_at = now()
             WHERE id = $1 AND state = 'running' AND (NOT $3 OR due_at <= now())
                AND NOT EXISTS (
                    SELECT FROM control.operations AS other
                    WHERE other.tenant_id = own.tenant_id AND other.leased_until > clock_timestamp()
                        AND other.lease <> $2
                )",
            lease.operation,
            lease.holder,
            due,
        )
        .execute(&mut *transaction)
        .await?;
        let found = operation_by_id(&mut *transaction, lease.operation).await?;
        transaction.commit().await?;
        Ok(match found {
            Some(operation) if claimed.rows_affected() == 1 => LeaseClaim::Claimed(operation),
            Some(operation) if operation.state == OperationState::Running => LeaseClaim::Busy,
            _ => LeaseClaim::Ended,
        })
    }

    /// Adds to the number of rows that a purge has deleted. False when the caller has lost the lease.
    pub(crate) async fn add_rows_removed(
        &self,
        lease: OperationLease,
        rows: i64,
    ) -> Result<bool, StoreError> {
        let noted = sqlx::query!(
            "UPDATE control.operations
             SET rows_removed = rows_removed + $3, attempts = 0, last_error = NULL, updated_at = now(),
                leased_until = clock_timestamp() + interval '30 seconds'
             WHERE id = $1 AND lease = $2 AND state = 'running'",
            lease.operation,
            lease.holder,
            rows,
        )
        .execute(&self.pool)
        .await?;
        Ok(noted.rows_affected() == 1)
    }

    /// Records that the step failed and when to retry it, and releases the lease. Where a statement `may_go_on` in the
    /// data cluster, the lease expires by itself: later than any statement there ends.
    pub(crate) async fn record_failure(
        &self,
        lease: OperationLease,
        error: &str,
        again_after: Duration,
        may_go_on: bool,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE control.operations
             SET attempts = attempts + 1, last_error = $3, updated_at = now(),
                leased_until = CASE WHEN $5 THEN leased_until END,
                due_at = now() + $4 * interval '1 second'
             WHERE id = $1 AND lease = $2 AND state = 'running'",
            lease.operation,
            lease.holder,
            error,
            again_after.as_secs_f64(),
            may_go_on,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Releases the lease, also of a superseded operation, so that its successor need not wait.
    pub(crate) async fn release(&self, lease: OperationLease) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE control.operations SET leased_until = NULL WHERE id = $1 AND lease = $2",
            lease.operation,
            lease.holder,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// Records that one more step is done, or the last one. False when the caller has lost the lease.
pub(super) async fn advance(
    store: &mut PgConnection,
    lease: OperationLease,
    steps_done: usize,
    last: bool,
) -> Result<bool, sqlx::Error> {
    let advanced = sqlx::query!(
        "UPDATE control.operations
         SET steps_done = $3, attempts = 0, last_error = NULL, updated_at = now(),
            state = CASE WHEN $4 THEN 'succeeded' ELSE state END,
            finished_at = CASE WHEN $4 THEN now() END,
            leased_until = CASE WHEN $4 THEN NULL ELSE clock_timestamp() + interval '30 seconds' END
         WHERE id = $1 AND lease = $2 AND state = 'running'",
        lease.operation,
        lease.holder,
        i32::try_from(steps_done).unwrap_or(i32::MAX),
        last,
    )
    .execute(store)
    .await?;
    Ok(advanced.rows_affected() == 1)
}
