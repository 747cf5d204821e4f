//! Who works on an operation. One at a time works on a tenant, and whoever was killed is followed within a bound.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::operations::operation;
use super::{Store, StoreError};
use crate::operation::{Operation, OperationState};

/// What came of an attempt to take an operation on.
pub(crate) enum Claim {
    /// It is the caller's, until the lease runs out or is given up.
    Mine(Operation),
    /// Somebody works on the tenant.
    Busy,
    /// It has ended.
    Over,
}

/// An operation that the caller works on. Every step renews the lease, so a step has to take less than half a minute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) operation: Uuid,
    /// Of this attempt alone.
    pub(crate) holder: Uuid,
}

impl Store {
    /// Takes the operation on, unless somebody works on its tenant, or, where it is to be `due`, it is not yet.
    pub(crate) async fn claim(&self, lease: Lease, due: bool) -> Result<Claim, StoreError> {
        let mut transaction = self.pool.begin().await?;
        // Whoever claims another operation of the same tenant waits here, and then sees this lease.
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
        let found = operation(&mut *transaction, lease.operation).await?;
        transaction.commit().await?;
        Ok(match found {
            Some(operation) if claimed.rows_affected() == 1 => Claim::Mine(operation),
            Some(operation) if operation.state == OperationState::Running => Claim::Busy,
            _ => Claim::Over,
        })
    }

    /// Notes rows that a purge has removed. False when the operation is not the caller's any more.
    pub(crate) async fn note_removed(&self, lease: Lease, rows: i64) -> Result<bool, StoreError> {
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

    /// Notes that the step failed, and when it is tried again; gives the operation up. Where what was sent `may_go_on` in
    /// the data cluster, the lease stays until it runs out: longer than any statement there does.
    pub(crate) async fn note_failure(
        &self,
        lease: Lease,
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

    /// Gives the operation up, also one that is superseded: what comes after it need not wait.
    pub(crate) async fn give_up(&self, lease: Lease) -> Result<(), StoreError> {
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

/// Notes that one step more is done, or the last one. False when the operation is not the caller's any more.
pub(super) async fn advance(
    store: &mut PgConnection,
    lease: Lease,
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
