//! Creation of tenants.

use schema::is_probe_tenant;
use tenant_registry::TenantId;
use uuid::Uuid;

use super::operation_runner::RunOutcome;
use super::started::StartedChange;
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::audit::action::AuditAction;
use crate::plan::name::PlanName;
use crate::plane::ControlPlane;
use crate::store::change_error::{ChangeError, Taken};
use crate::store::credentials::FIRST_VERSION;
use crate::store::error::StoreError;
use crate::tenant::name::TenantName;
use crate::tenant::state::TenantState;
use crate::tenant::{NewTenant, Tenant};
use crate::vault::VaultError;

/// Why a tenant was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Another tenant has the value, or this tenant exists already.
    #[error("{0} is taken")]
    Exists(Taken),
    /// The limits contradict each other.
    #[error("{0}")]
    Limits(String),
    /// The plan does not exist.
    #[error("there is no plan {0}")]
    Plan(PlanName),
    /// The store failed; nothing was written, or the reconciler completes the provisioning tenant.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be generated.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The tenant is committed, but its roles could not be created in the data cluster. That is retried until it succeeds,
    /// and at once when the tenant is created again with the same id and name.
    #[error("tenant {tenant} is committed and not provisioned yet")]
    NotProvisioned {
        /// The committed tenant.
        tenant: TenantId,
        /// Why its roles could not be created.
        cause: String,
    },
}

impl ControlPlane {
    /// Commits a tenant as provisioning and starts to create its roles in the data cluster. It is active when its
    /// operation has succeeded.
    ///
    /// Repeating the request continues the provisioning, and returns the tenant that the request has created before, in
    /// any state. A request without an id, whose derived id another tenant has, gets a fresh id. At most `most_reserved`
    /// connections are reserved for all tenants together.
    ///
    /// # Errors
    /// See [`CreateError`]: each says what is left and how to continue.
    pub async fn begin_creation(
        &self,
        actor: &Actor,
        new: &NewTenant,
        most_reserved: Option<u32>,
    ) -> Result<StartedChange, CreateError> {
        let limits = new.limits.checked(self.default_max());
        limits.map_err(|wrong| CreateError::Limits(wrong.to_string()))?;
        let id = new.id.or(new.request.map(TenantId::new));
        let id = id.unwrap_or_else(|| Uuid::now_v7().into());
        match self.create_as(actor, id, new, most_reserved).await {
            // Its idempotency key was used for another tenant, longer ago than keys are kept.
            Err(CreateError::Exists(Taken::Id)) if new.id.is_none() && new.request.is_some() => {
                self.create_as(actor, Uuid::now_v7().into(), new, most_reserved)
                    .await
            }
            result => result,
        }
    }

    async fn create_as(
        &self,
        actor: &Actor,
        id: TenantId,
        new: &NewTenant,
        most_reserved: Option<u32>,
    ) -> Result<StartedChange, CreateError> {
        if is_probe_tenant(id) {
            return Err(CreateError::Exists(Taken::Id));
        }
        let credential = self.vault.new_credential(id, FIRST_VERSION).await?;
        let operation = Uuid::now_v7();
        let committed = self
            .store
            .insert_tenant(actor, id, new, &credential, most_reserved, operation)
            .await?;
        match committed {
            Some(committed) => Ok(self.start(committed, operation)),
            None => self.continue_creation(actor, id, new).await,
        }
    }

    /// Continues the creation of an existing tenant that the request matches; otherwise reports the conflict.
    async fn continue_creation(
        &self,
        actor: &Actor,
        id: TenantId,
        new: &NewTenant,
    ) -> Result<StartedChange, CreateError> {
        let Some(tenant) = self.store.tenant(id).await? else {
            let taken = self
                .store
                .which_is_taken(id, &new.name, new.external_id.as_ref())
                .await?;
            return Err(CreateError::Exists(taken));
        };
        let found = self.store.match_request(id, new).await?;
        let matches = found.is_some_and(|found| {
            found.as_asked && (found.by_this_request || tenant.state == TenantState::Provisioning)
        });
        if !matches {
            return Err(CreateError::Exists(Taken::Id));
        }
        let repeated = AuditEntry::done(actor, AuditAction::TenantCreate).tenant(id);
        self.store.audit(&repeated).await?;
        let operation = self.store.running_operation(id).await?;
        let task = operation
            .as_ref()
            .map(|operation| self.spawn_operation(operation.id));
        Ok(StartedChange {
            tenant,
            operation,
            task,
        })
    }

    /// Creates a tenant and waits until it is active.
    ///
    /// # Errors
    /// See [`CreateError`]: each says what is left and how to continue.
    pub async fn create_tenant(&self, name: TenantName, id: Option<TenantId>) -> Result<Tenant, CreateError> {
        let new = NewTenant {
            id,
            ..NewTenant::named(name)
        };
        // In a task, so that a cancelled caller does not interrupt it.
        let plane = self.clone();
        let creation = async move {
            let started = plane
                .begin_creation(&Actor::service("tenantry"), &new, None)
                .await?;
            let tenant = started.tenant.id;
            let outcome = match started.task {
                Some(task) => task.await.unwrap_or(RunOutcome::Elsewhere),
                None => RunOutcome::Elsewhere,
            };
            match plane.store.tenant(tenant).await? {
                Some(tenant) if tenant.state == TenantState::Active => Ok(tenant),
                _ => Err(CreateError::NotProvisioned {
                    tenant,
                    cause: match outcome {
                        RunOutcome::Failed(cause) => cause,
                        RunOutcome::Ended | RunOutcome::Elsewhere => "it is in progress".to_owned(),
                    },
                }),
            }
        };
        let interrupted = || CreateError::Store(StoreError::Interrupted);
        tokio::spawn(creation)
            .await
            .unwrap_or_else(|_| Err(interrupted()))
    }

    /// The tenant, in any state; `None` if it never existed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.store.tenant(id).await
    }
}

impl From<ChangeError> for CreateError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Taken(taken) => Self::Exists(taken),
            ChangeError::Limits(wrong) => Self::Limits(wrong),
            ChangeError::Plan(plan) => Self::Plan(plan),
            ChangeError::Store(error) => Self::Store(error),
            ChangeError::Unknown(_)
            | ChangeError::State(_)
            | ChangeError::Purging
            | ChangeError::Metadata(_)
            | ChangeError::Revision(_) => Self::Exists(Taken::Id),
        }
    }
}
