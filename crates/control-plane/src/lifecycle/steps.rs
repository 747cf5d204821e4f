//! The steps of operations. Each may be repeated after it was done.

use std::time::Duration;

use schema::{LoginLimit, scram};
use sqlx::error::DatabaseError;
use tenant_registry::TenantId;
use tokio::time::{Instant, sleep};

use super::purge::Purge;
use super::step_error::StepError;
use crate::operation::{Operation, Step};
use crate::plane::ControlPlane;
use crate::service_pool::ServicePool;
use crate::store::Store;
use crate::store::step_effects::StepEffect;
use crate::tenant::state::TenantState;
use crate::tenant_logins;
use crate::vault::Vault;

/// After this time, a login that passed authentication before the logins were closed is visible as a session.
const LATE_SESSION_DELAY: Duration = Duration::from_millis(500);
/// How long a closed session may take to end, and how often that is checked.
const SESSION_END_TIMEOUT: Duration = Duration::from_secs(5);
const SESSION_END_POLL: Duration = Duration::from_millis(20);
/// Rows that one statement of a purge deletes: few, so that it holds locks only briefly.
const BATCH: i32 = 5_000;
/// Attempts to close the logins within one step.
const CLOSE_ATTEMPTS: u32 = 5;

/// The progress of a step.
pub(crate) enum StepOutcome {
    /// This many rows were deleted, and there may be more.
    RowsRemoved(i64),
    /// The step is done in the data cluster, and has this effect in the store.
    Done(StepEffect),
}

/// Executes steps.
pub(crate) struct StepExecutor {
    store: Store,
    vault: Vault,
    data: ServicePool,
    purge: Purge,
    limit: LoginLimit,
}

impl StepExecutor {
    pub(crate) fn new(plane: &ControlPlane) -> Self {
        Self {
            store: plane.store.clone(),
            vault: plane.vault.clone(),
            data: plane.data.clone(),
            purge: Purge {
                cluster: plane.data_cluster().clone(),
                database: plane.data_database().to_string(),
            },
            limit: plane.login_limit(),
        }
    }

    /// Executes the step, or a part of it.
    pub(crate) async fn execute(&self, step: Step, operation: &Operation) -> Result<StepOutcome, StepError> {
        let tenant = operation.tenant;
        let data = &self.data;
        match step {
            Step::MakeRoles | Step::AllowLogin => self.open_login(tenant).await?,
            Step::ForbidLogins => self.close_logins(tenant).await?,
            Step::EndSessions => {
                tenant_logins::end_sessions(data, tenant).await?;
            }
            Step::EndLateSessions => self.end_late_sessions(tenant).await?,
            Step::AllowFormerLogin => {
                if self.store.returns_to_active(tenant).await? {
                    self.open_login(tenant).await?;
                }
            }
            Step::RemoveRows => match self.remove_rows(operation).await? {
                0 => {}
                removed => return Ok(StepOutcome::RowsRemoved(removed)),
            },
            Step::DropRoles => match self.remove_rows(operation).await? {
                0 => self.drop_roles(tenant).await?,
                removed => return Ok(StepOutcome::RowsRemoved(removed)),
            },
            Step::Serve => return Ok(StepOutcome::Done(StepEffect::Serve)),
            Step::Restore => return Ok(StepOutcome::Done(StepEffect::Restore)),
            Step::Forget => return Ok(StepOutcome::Done(StepEffect::Forget)),
        }
        Ok(StepOutcome::Done(StepEffect::Nothing))
    }

    /// Opens the login with the sealed password and its limit, which undoes changes by SQL. Recreates a dropped login.
    async fn open_login(&self, tenant: TenantId) -> Result<(), StepError> {
        let stored = self.store.credential(tenant).await?;
        let stored = stored.ok_or(StepError::NoCredential)?;
        let password = self.vault.open(tenant, &stored).await?;
        let verifier = scram::of_generated(&password)?;
        let limit = self.limit.of(stored.limits.max_connections);
        Ok(tenant_logins::open(&self.data, tenant, stored.slot, &verifier, limit).await?)
    }

    /// Drops the tenant's roles. Retries while the purge's own session, which was closed, has not ended yet.
    async fn drop_roles(&self, tenant: TenantId) -> Result<(), StepError> {
        let until = Instant::now() + SESSION_END_TIMEOUT;
        loop {
            match tenant_logins::drop(&self.data, tenant).await {
                Err(error) if in_use(&error) && Instant::now() < until => sleep(SESSION_END_POLL).await,
                dropped => return Ok(dropped?),
            }
        }
    }

    /// Closes the logins, after ending the tenant's sessions: an open transaction of theirs can lock the role. Retries,
    /// since a session that begins before the logins are closed can lock it again.
    async fn close_logins(&self, tenant: TenantId) -> Result<(), StepError> {
        for _ in 1..CLOSE_ATTEMPTS {
            tenant_logins::end_sessions(&self.data, tenant).await?;
            if tenant_logins::forbid_logins(&self.data, tenant).await.is_ok() {
                return Ok(());
            }
        }
        tenant_logins::end_sessions(&self.data, tenant).await?;
        Ok(tenant_logins::forbid_logins(&self.data, tenant).await?)
    }

    /// Ends sessions until none is left.
    async fn end_late_sessions(&self, tenant: TenantId) -> Result<(), StepError> {
        loop {
            sleep(LATE_SESSION_DELAY).await;
            if tenant_logins::end_sessions(&self.data, tenant).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Closes the tenant's logins if its state requires it: for a step that opened one after another operation had
    /// superseded its own.
    pub(crate) async fn close_if_refused(&self, tenant: TenantId) -> Result<(), StepError> {
        let found = self.store.tenant(tenant).await?;
        let state = found.map_or(TenantState::Purged, |tenant| tenant.state);
        match state {
            TenantState::Provisioning | TenantState::Active => {}
            TenantState::Suspended | TenantState::Offboarding => self.close_logins(tenant).await?,
            TenantState::Purged => {
                self.close_logins(tenant).await?;
                tenant_logins::end_sessions(&self.data, tenant).await?;
                self.drop_roles(tenant).await?;
            }
        }
        Ok(())
    }

    /// Deletes a batch of rows, after repeating the earlier steps: a login may have been opened since. After a failure the
    /// batch is smaller.
    async fn remove_rows(&self, operation: &Operation) -> Result<i64, StepError> {
        let tenant = operation.tenant;
        self.close_logins(tenant).await?;
        tenant_logins::end_sessions(&self.data, tenant).await?;
        let batch = BATCH >> operation.attempts.clamp(0, 12);
        self.purge.remove_rows(&self.data, tenant, batch).await
    }
}

/// Whether the error is `object_in_use`.
fn in_use(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error
        .and_then(DatabaseError::code)
        .is_some_and(|code| code == "55006")
}
