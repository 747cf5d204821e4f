//! The steps of operations, each of which may be done again after it was done.

use std::time::Duration;

use sqlx::postgres::PgPool;
use tenant_registry::TenantId;
use tokio::time::{Instant, sleep};

use crate::operation::{Operation, Step};
use crate::plane::ControlPlane;
use crate::postgres::{Purge, ScramError, scram, tenant_roles};
use crate::store::{Effect, Store, StoreError};
use crate::vault::{Vault, VaultError};

/// By then whoever was let in before the logins were closed is to be seen among the sessions.
const LATE: Duration = Duration::from_millis(500);
/// How long a session that was closed may take to leave, and how often that is looked at.
const LEAVING: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);
/// Rows that one statement of a purge removes: it shall not hold locks for long.
const BATCH: i32 = 5_000;

/// Why a step failed. Its text is shown to operators: it holds what PostgreSQL's SQLSTATE says, and no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error("the data cluster {0}")]
    Data(&'static str),
    #[error("the data cluster answered {code}: {message}")]
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
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::Refused {
                code: error.code().unwrap_or_default().into_owned(),
                message: error.message().to_owned(),
            },
            sqlx::Error::PoolTimedOut => Self::Data("could not be reached in time"),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Self::Data("could not be reached"),
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
    data: PgPool,
    purge: Purge,
}

impl Steps {
    pub(crate) fn new(plane: &ControlPlane) -> Self {
        Self {
            store: plane.store.clone(),
            vault: plane.vault.clone(),
            data: plane.data.clone(),
            purge: plane.purge(),
        }
    }

    /// Does the step, or a part of it.
    pub(crate) async fn work(&self, step: Step, operation: &Operation) -> Result<Worked, StepError> {
        let tenant = operation.tenant;
        let data = &self.data;
        match step {
            Step::MakeRoles => self.make_roles(tenant).await?,
            Step::ForbidLogins => tenant_roles::forbid_logins(data, tenant).await?,
            Step::EndSessions => tenant_roles::end_sessions(data, tenant).await?,
            Step::EndLateSessions => {
                sleep(LATE).await;
                tenant_roles::end_sessions(data, tenant).await?;
            }
            Step::AllowLogin => self.allow_login(tenant).await?,
            Step::AllowFormerLogin => {
                if self.store.returns_to_active(tenant).await? {
                    self.allow_login(tenant).await?;
                }
            }
            Step::RemoveRows => match self.remove_rows(tenant).await? {
                0 => {}
                removed => return Ok(Worked::Some(removed)),
            },
            Step::DropRoles => self.drop_roles(tenant).await?,
            Step::Serve => return Ok(Worked::Done(Effect::Serve)),
            Step::Restore => return Ok(Worked::Done(Effect::Restore)),
            Step::Forget => return Ok(Worked::Done(Effect::Forget)),
        }
        Ok(Worked::Done(Effect::Nothing))
    }

    async fn make_roles(&self, tenant: TenantId) -> Result<(), StepError> {
        let stored = self.store.credential(tenant).await?;
        let stored = stored.ok_or(StepError::NoCredential)?;
        let password = self.vault.open(tenant, &stored).await?;
        let verifier = scram::of_generated(&password)?;
        Ok(tenant_roles::create(&self.data, tenant, &verifier).await?)
    }

    async fn allow_login(&self, tenant: TenantId) -> Result<(), StepError> {
        let stored = self.store.credential(tenant).await?;
        let slot = stored.ok_or(StepError::NoCredential)?.slot;
        Ok(tenant_roles::allow_login(&self.data, tenant, slot).await?)
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

    async fn remove_rows(&self, tenant: TenantId) -> Result<i64, StepError> {
        self.purge.remove_rows(&self.data, tenant, BATCH).await
    }
}

/// SQLSTATE `object_in_use`.
fn in_use(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == "55006")
}
