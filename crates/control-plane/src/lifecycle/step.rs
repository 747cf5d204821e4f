//! The steps of operations, each of which may be done again after it was done.

use std::time::Duration;

use sqlx::error::DatabaseError;
use tenant_registry::{ConnectFailure, TenantId};
use tokio::time::{Instant, sleep};

use crate::operation::{Operation, Step};
use crate::plane::ControlPlane;
use crate::postgres::{Purge, ScramError, scram, tenant_roles};
use crate::service_pool::ServicePool;
use crate::store::{Effect, Store, StoreError};
use crate::tenant::{LoginLimit, TenantState};
use crate::vault::{Vault, VaultError};

/// By then whoever was let in before the logins were closed is to be seen among the sessions.
const LATE: Duration = Duration::from_millis(500);
/// How long a session that was closed may take to leave, and how often that is looked at.
const LEAVING: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);
/// Rows that one statement of a purge removes: it shall not hold locks for long.
const BATCH: i32 = 5_000;

/// Attempts at closing the logins in one go.
const ATTEMPTS: u32 = 5;

/// Why a step failed. Its text is shown to operators, so it has PostgreSQL's SQLSTATE and not its words, which may name
/// addresses; those are for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error("the data cluster could not be reached in time")]
    Unreachable,
    #[error("the data cluster {0}")]
    Data(&'static str),
    #[error("the data cluster refused it (SQLSTATE {code})")]
    Refused { code: String, message: String },
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Vault(#[from] VaultError),
    #[error("{0}")]
    Scram(#[from] ScramError),
    #[error("there are no random bytes")]
    Random(#[from] getrandom::Error),
    #[error("the tenant has no credential")]
    NoCredential,
    #[error(
        "{rows} row(s) of the tenant cannot be removed from {table}: look for its triggers and rules (`tenantry doctor`)"
    )]
    RowsLeft { table: String, rows: i64 },
    #[error(
        "the tenant's rows in {table} cannot be counted: its policies are not that of tenantry.isolate (`tenantry doctor`)"
    )]
    RowsUncounted { table: String },
}

impl StepError {
    /// Whether what was sent to the data cluster may still have its effect there.
    pub(crate) const fn is_open(&self) -> bool {
        // Who got no connection has sent nothing.
        matches!(self, Self::Data(_))
    }

    /// What is for the log alone.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Refused { message, .. } => message,
            _ => "",
        }
    }
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        let refused = |error: &dyn DatabaseError| Self::Refused {
            code: error.code().unwrap_or_default().into_owned(),
            message: error.message().to_owned(),
        };
        match error {
            sqlx::Error::Database(error) => refused(&*error),
            sqlx::Error::PoolTimedOut => Self::Unreachable,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Self::Data("was lost on the way"),
            sqlx::Error::Configuration(cause) => match cause.downcast::<ConnectFailure>() {
                Ok(failure) => failure.0.as_database_error().map_or(Self::Unreachable, refused),
                Err(_) => Self::Data("gave no answer that was understood"),
            },
            _ => Self::Data("gave no answer that was understood"),
        }
    }
}

/// How far a step came.
pub(crate) enum Worked {
    /// So many rows are removed, and there may be more.
    Some(i64),
    /// It is done in the data cluster, and this is to be written to the store.
    Done(Effect),
}

/// What steps work on.
pub(crate) struct Steps {
    store: Store,
    vault: Vault,
    data: ServicePool,
    purge: Purge,
    limit: LoginLimit,
}

impl Steps {
    pub(crate) fn new(plane: &ControlPlane) -> Self {
        Self {
            store: plane.store.clone(),
            vault: plane.vault.clone(),
            data: plane.data.clone(),
            purge: plane.purge(),
            limit: plane.login_limit(),
        }
    }

    /// Does the step, or a part of it.
    pub(crate) async fn work(&self, step: Step, operation: &Operation) -> Result<Worked, StepError> {
        let tenant = operation.tenant;
        let data = &self.data;
        match step {
            Step::MakeRoles | Step::AllowLogin => self.open_login(tenant).await?,
            Step::ForbidLogins => self.forbid_logins(tenant).await?,
            Step::EndSessions => {
                tenant_roles::end_sessions(data, tenant).await?;
            }
            Step::EndLateSessions => self.end_late_sessions(tenant).await?,
            Step::AllowFormerLogin => {
                if self.store.returns_to_active(tenant).await? {
                    self.open_login(tenant).await?;
                }
            }
            Step::RemoveRows => match self.remove_rows(operation).await? {
                0 => {}
                removed => return Ok(Worked::Some(removed)),
            },
            Step::DropRoles => match self.remove_rows(operation).await? {
                0 => self.drop_roles(tenant).await?,
                removed => return Ok(Worked::Some(removed)),
            },
            Step::Serve => return Ok(Worked::Done(Effect::Serve)),
            Step::Restore => return Ok(Worked::Done(Effect::Restore)),
            Step::Forget => return Ok(Worked::Done(Effect::Forget)),
        }
        Ok(Worked::Done(Effect::Nothing))
    }

    /// Opens the login with the sealed password and its limit, which undoes changes made by SQL. A login that was dropped
    /// is made again.
    async fn open_login(&self, tenant: TenantId) -> Result<(), StepError> {
        let stored = self.store.credential(tenant).await?;
        let stored = stored.ok_or(StepError::NoCredential)?;
        let password = self.vault.open(tenant, &stored).await?;
        let verifier = scram::of_generated(&password)?;
        let limit = self.limit.of(stored.limits.max_connections);
        Ok(tenant_roles::open(&self.data, tenant, stored.slot, &verifier, limit).await?)
    }

    /// The session that removed the last rows may be there for a moment still, after it was closed.
    async fn drop_roles(&self, tenant: TenantId) -> Result<(), StepError> {
        let until = Instant::now() + LEAVING;
        loop {
            match tenant_roles::drop(&self.data, tenant).await {
                Err(error) if in_use(&error) && Instant::now() < until => sleep(LOOK).await,
                dropped => return Ok(dropped?),
            }
        }
    }

    /// A session of the tenant's can hold what has to be changed of its own role, in a transaction that it leaves open, so
    /// its sessions end first. One that begins before the logins are closed can hold it again: once more, then.
    async fn forbid_logins(&self, tenant: TenantId) -> Result<(), StepError> {
        for _ in 1..ATTEMPTS {
            tenant_roles::end_sessions(&self.data, tenant).await?;
            if tenant_roles::forbid_logins(&self.data, tenant).await.is_ok() {
                return Ok(());
            }
        }
        tenant_roles::end_sessions(&self.data, tenant).await?;
        Ok(tenant_roles::forbid_logins(&self.data, tenant).await?)
    }

    /// Until none is left.
    async fn end_late_sessions(&self, tenant: TenantId) -> Result<(), StepError> {
        loop {
            sleep(LATE).await;
            if tenant_roles::end_sessions(&self.data, tenant).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Closes the tenant's logins again if its state says so: for whoever opened one and learns that another operation
    /// has come before.
    pub(crate) async fn close_if_refused(&self, tenant: TenantId) -> Result<(), StepError> {
        let found = self.store.tenant(tenant).await?;
        let state = found.map_or(TenantState::Purged, |tenant| tenant.state);
        match state {
            TenantState::Provisioning | TenantState::Active => {}
            TenantState::Suspended | TenantState::Offboarding => self.forbid_logins(tenant).await?,
            TenantState::Purged => {
                self.forbid_logins(tenant).await?;
                tenant_roles::end_sessions(&self.data, tenant).await?;
                self.drop_roles(tenant).await?;
            }
        }
        Ok(())
    }

    /// What earlier steps established is established again: a login may have been opened since, by whomever. A batch
    /// that took too long is tried smaller.
    async fn remove_rows(&self, operation: &Operation) -> Result<i64, StepError> {
        let tenant = operation.tenant;
        self.forbid_logins(tenant).await?;
        tenant_roles::end_sessions(&self.data, tenant).await?;
        let batch = BATCH >> operation.attempts.clamp(0, 12);
        self.purge.remove_rows(&self.data, tenant, batch).await
    }
}

/// SQLSTATE `object_in_use`.
fn in_use(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == "55006")
}
