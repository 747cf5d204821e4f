//! Queries on `control.operations`.

use pg_timestamp::Timestamp;
use sqlx::PgExecutor;
use tenant_registry::TenantId;
use uuid::Uuid;

use super::Store;
use super::created_at::CreatedAt;
use super::error::StoreError;
use crate::operation::{Operation, OperationKind, OperationState};

/// A row of `control.operations`.
pub(super) struct OperationRow {
    id: Uuid,
    tenant_id: Uuid,
    kind: String,
    state: String,
    steps_done: i32,
    rows_removed: i64,
    attempts: i32,
    last_error: Option<String>,
    due_at: Timestamp,
    actor: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl TryFrom<OperationRow> for Operation {
    type Error = StoreError;

    fn try_from(row: OperationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            tenant: row.tenant_id.into(),
            kind: OperationKind::parse(&row.kind).ok_or(StoreError::Invalid("kind of operation"))?,
            state: OperationState::parse(&row.state).ok_or(StoreError::Invalid("state of operation"))?,
            steps_done: usize::try_from(row.steps_done)
                .map_err(|_| StoreError::Invalid("step of operation"))?,
            rows_removed: row.rows_removed,
            attempts: row.attempts,
            last_error: row.last_error,
            due_at: row.due_at,
            actor: row.actor,
            created_at: row.created_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
        })
    }
}

/// A query for operations. The argument is the clause after the table's name.
macro_rules! operations {
    ($which:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::store::operations::OperationRow,
            "SELECT id, tenant_id, kind, state, steps_done, rows_removed, attempts, last_error, due_at, actor,
                created_at, updated_at, finished_at
             FROM control.operations " + $which
            $(, $argument)*
        )
    };
}

/// Filter for a list of operations.
#[derive(Debug, Clone, Copy, Default)]
pub struct OperationFilter {
    /// On this tenant.
    pub tenant: Option<TenantId>,
    /// In this state.
    pub state: Option<OperationState>,
    /// Of this kind.
    pub kind: Option<OperationKind>,
}

/// The operation of this id.
pub(super) async fn operation_by_id(
    store: impl PgExecutor<'_>,
    id: Uuid,
) -> Result<Option<Operation>, StoreError> {
    let row = operations!("WHERE id = $1", id).fetch_optional(store).await?;
    row.map(Operation::try_from).transpose()
}

/// The running operation of the tenant.
pub(super) async fn running_operation(
    store: impl PgExecutor<'_>,
    tenant: TenantId,
) -> Result<Option<Operation>, StoreError> {
    let row = operations!("WHERE tenant_id = $1 AND state = 'running'", tenant.as_uuid())
        .fetch_optional(store)
        .await?;
    row.map(Operation::try_from).transpose()
}

impl Store {
    /// The operation of this id, if it exists.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operation(&self, id: Uuid) -> Result<Option<Operation>, StoreError> {
        operation_by_id(&self.pool, id).await
    }

    /// Up to `limit` operations, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operations(
        &self,
        filter: OperationFilter,
        before: Option<CreatedAt>,
        limit: i64,
    ) -> Result<Vec<Operation>, StoreError> {
        let rows = operations!(
            "WHERE (created_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
                AND ($3::uuid IS NULL OR tenant_id = $3)
                AND ($4::text IS NULL OR state = $4)
                AND ($5::text IS NULL OR kind = $5)
             ORDER BY created_at DESC, id DESC
             LIMIT $6",
            before.map(|before| before.created_at),
            before.map(|before| before.id),
            filter.tenant.map(TenantId::as_uuid),
            filter.state.map(OperationState::as_str),
            filter.kind.map(OperationKind::as_str),
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Operation::try_from).collect()
    }

    /// The running operation of the tenant, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn running_operation(&self, tenant: TenantId) -> Result<Option<Operation>, StoreError> {
        running_operation(&self.pool, tenant).await
    }

    /// Makes a running operation due now. `None` when it is not running.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn retry_operation(&self, id: Uuid) -> Result<Option<Operation>, StoreError> {
        let due = sqlx::query!(
            "UPDATE control.operations SET due_at = now(), updated_at = now() WHERE id = $1 AND state = 'running'",
            id,
        )
        .execute(&self.pool)
        .await?;
        match due.rows_affected() {
            0 => Ok(None),
            _ => self.operation(id).await,
        }
    }

    /// Up to `limit` operations that are due and not leased. Purges come last, since they take long.
    pub(crate) async fn due_operations(&self, limit: i64) -> Result<Vec<(Uuid, OperationKind)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT id, kind FROM control.operations
             WHERE state = 'running' AND due_at <= now() AND (leased_until IS NULL OR leased_until <= now())
             ORDER BY kind = 'purge', due_at
             LIMIT $1",
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let kind = OperationKind::parse(&row.kind);
                Ok((row.id, kind.ok_or(StoreError::Invalid("kind of operation"))?))
            })
            .collect()
    }

    /// Deletes up to `most` operations that finished more than `days` days ago, and returns their number.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn trim_operations(&self, days: u32, most: u32) -> Result<u64, StoreError> {
        let trimmed = sqlx::query_scalar!(
            "SELECT control.trim_operations($1, $2)",
            i32::try_from(days).unwrap_or(i32::MAX),
            i32::try_from(most).unwrap_or(i32::MAX),
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(trimmed.unwrap_or_default().unsigned_abs())
    }
}
