//! Creation, change and deletion of plans.

use sqlx::PgConnection;
use sqlx::error::DatabaseError;

use super::{audit_change, plan_by_name, plans, stored};
use crate::actor::Actor;
use crate::audit::action::AuditAction;
use crate::plan::name::PlanName;
use crate::plan::{NewPlan, Plan, PlanChange};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::tenant::revisions::Revisions;

/// Why a plan was not created, changed or deleted. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is a plan of that name.
    #[error("there is a plan of that name")]
    Exists,
    /// There is no plan of that name.
    #[error("there is no such plan")]
    Unknown,
    /// The plan is at this revision, which is none of the caller's.
    #[error("the plan is at revision {0}")]
    Revision(i64),
    /// The default plan cannot be deleted.
    #[error("the default plan cannot be deleted")]
    Default,
    /// So many tenants have the plan, deleted ones among them, which may be brought back.
    #[error("tenants that have it, counting deleted ones that may come back: {0}")]
    InUse(i64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for PlanError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Stores a new plan.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn create_plan(&self, actor: &Actor, new: &NewPlan) -> Result<Plan, PlanError> {
        let mut transaction = self.pool.begin().await?;
        let limits = new.limits;
        let made = sqlx::query!(
            "INSERT INTO control.plans (name, description, requests_per_second, burst, concurrent_requests,
                request_timeout_ms, statement_timeout_ms, request_body_bytes, response_body_bytes)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT DO NOTHING",
            new.name.as_str(),
            new.description,
            stored(limits.requests_per_second),
            stored(limits.burst),
            stored(limits.concurrent_requests),
            stored(limits.request_timeout_ms),
            stored(limits.statement_timeout_ms),
            stored(limits.request_body_bytes),
            stored(limits.response_body_bytes),
        )
        .execute(&mut *transaction)
        .await?;
        if made.rows_affected() == 0 {
            return Err(PlanError::Exists);
        }
        let plan = existing_plan(&mut transaction, &new.name).await?;
        let action = AuditAction::PlanCreate;
        audit_change(&mut transaction, actor, action, &new.name, None, Some(&plan)).await?;
        transaction.commit().await?;
        Ok(plan)
    }

    /// Changes a plan, if it is at one of these revisions. Its tenants have the new limits within a second.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn change_plan(
        &self,
        actor: &Actor,
        name: &PlanName,
        change: &PlanChange,
        revisions: &Revisions,
    ) -> Result<Plan, PlanError> {
        let mut transaction = self.pool.begin().await?;
        let before = lock_plan(&mut transaction, name, revisions).await?;
        let wanted = change.apply(&before);
        let limits = wanted.limits;
        if wanted != before {
            sqlx::query!(
                "UPDATE control.plans
                 SET description = $2, requests_per_second = $3, burst = $4, concurrent_requests = $5,
                    request_timeout_ms = $6, statement_timeout_ms = $7, request_body_bytes = $8,
                    response_body_bytes = $9
                 WHERE name = $1",
                name.as_str(),
                wanted.description,
                stored(limits.requests_per_second),
                stored(limits.burst),
                stored(limits.concurrent_requests),
                stored(limits.request_timeout_ms),
                stored(limits.statement_timeout_ms),
                stored(limits.request_body_bytes),
                stored(limits.response_body_bytes),
            )
            .execute(&mut *transaction)
            .await?;
        }
        let after = existing_plan(&mut transaction, name).await?;
        let action = AuditAction::PlanChange;
        audit_change(&mut transaction, actor, action, name, Some(&before), Some(&after)).await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Deletes a plan that no tenant has, if it is at one of these revisions.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn delete_plan(
        &self,
        actor: &Actor,
        name: &PlanName,
        revisions: &Revisions,
    ) -> Result<(), PlanError> {
        if name.is_default() {
            return Err(PlanError::Default);
        }
        let mut transaction = self.pool.begin().await?;
        let before = lock_plan(&mut transaction, name, revisions).await?;
        let deleted = sqlx::query!("DELETE FROM control.plans WHERE name = $1", name.as_str())
            .execute(&mut *transaction)
            .await;
        if let Err(error) = deleted {
            transaction.rollback().await?;
            return Err(if violates_plan_reference(&error) {
                PlanError::InUse(self.tenants_of_plan(name).await?)
            } else {
                error.into()
            });
        }
        let action = AuditAction::PlanDelete;
        audit_change(&mut transaction, actor, action, name, Some(&before), None).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The number of tenants that have the plan.
    async fn tenants_of_plan(&self, name: &PlanName) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM control.tenants WHERE plan = $1"#,
            name.as_str()
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }
}

/// Whether a statement failed since a tenant would be left with a plan that does not exist.
pub(in crate::store) fn violates_plan_reference(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(DatabaseError::constraint)
        .is_some_and(|constraint| constraint == "tenants_plan_fkey")
}

/// Locks the plan until the transaction ends, if it is at one of these revisions.
async fn lock_plan(
    store: &mut PgConnection,
    name: &PlanName,
    revisions: &Revisions,
) -> Result<Plan, PlanError> {
    let row = plans!("WHERE name = $1 FOR NO KEY UPDATE", name.as_str())
        .fetch_optional(store)
        .await?;
    let plan = row.map(Plan::from).ok_or(PlanError::Unknown)?;
    if !revisions.contain(plan.revision) {
        return Err(PlanError::Revision(plan.revision));
    }
    Ok(plan)
}

/// The plan, which must exist.
async fn existing_plan(store: &mut PgConnection, name: &PlanName) -> Result<Plan, StoreError> {
    plan_by_name(store, name)
        .await?
        .ok_or(StoreError::Invalid("plan"))
}
