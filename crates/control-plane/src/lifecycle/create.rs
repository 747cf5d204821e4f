//! Creating tenants, and looking them up.

use tenant_registry::TenantId;
use uuid::Uuid;

use super::drive::{Driven, Driver};
use super::start::Started;
use super::{ChangeError, Taken};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::doctor::is_probe;
use crate::plane::ControlPlane;
use crate::store::{FIRST_VERSION, StoreError};
use crate::tenant::{NewTenant, Tenant, TenantName, TenantState};
use crate::vault::VaultError;

/// Why a tenant was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Another tenant has that, or this very tenant is there already.
    #[error("{0} is taken")]
    Exists(Taken),
    /// The limits do not go together.
    #[error("{0}")]
    Limits(String),
    /// The store failed; nothing was written, or the tenant is provisioning and is gone on with.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The tenant is committed and its roles could not be made in the data cluster yet: that is tried again until it
    /// succeeds, and at once when it is created again with the same id and name.
    #[error("tenant {tenant} is committed and not provisioned yet")]
    NotProvisioned {
        /// The committed tenant.
        tenant: TenantId,
        /// Why its roles could not be made.
        cause: String,
    },
}

impl ControlPlane {
    /// Commits a tenant as provisioning, and begins to make its roles in the data cluster; it is active when its
    /// operation has succeeded. The same tenant that is still provisioning is gone on with, and where this very request
    /// has made it, it is what was asked for, whatever has become of it. A request that names no id and whose own is
    /// another tenant's makes a fresh one.
    /// No more than `most_reserved` connections are reserved for all tenants together.
    ///
    /// # Errors
    /// See [`CreateError`]; each says what is left and how to go on.
    pub async fn begin_creation(
        &self,
        actor: &Actor,
        new: &NewTenant,
        most_reserved: Option<u32>,
    ) -> Result<Started, CreateError> {
        let limits = new.limits.checked(self.default_max());
        limits.map_err(|wrong| CreateError::Limits(wrong.to_string()))?;
        let id = new.id.or(new.request.map(TenantId::new));
        let id = id.unwrap_or_else(|| Uuid::now_v7().into());
        match self.create_as(actor, id, new, most_reserved).await {
            // Its key was used before, for another tenant, and so long ago that nobody remembers.
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
    ) -> Result<Started, CreateError> {
        if is_probe(id) {
            return Err(CreateError::Exists(Taken::Id));
        }
        let minted = self.vault.mint(id, FIRST_VERSION).await?;
        let operation = Uuid::now_v7();
        let committed = self
            .store
            .insert_tenant(actor, id, new, &minted, most_reserved, operation)
            .await?;
        match committed {
            Some(committed) => Ok(self.start(committed, operation)),
            None => self.go_on_with(actor, id, new).await,
        }
    }

    /// What stands in the way of a new tenant: itself, still provisioning, or what another one has.
    async fn go_on_with(&self, actor: &Actor, id: TenantId, new: &NewTenant) -> Result<Started, CreateError> {
        let Some(tenant) = self.store.tenant(id).await? else {
            let named = self.store.tenant_named(&new.name).await?;
            return Err(CreateError::Exists(if named.is_some() {
                Taken::Name
            } else {
                Taken::ExternalId
            }));
        };
        let likeness = self.store.likeness(id, new).await?;
        let it_is = likeness.is_some_and(|likeness| {
            likeness.as_asked && (likeness.by_this_request || tenant.state == TenantState::Provisioning)
        });
        if !it_is {
            return Err(CreateError::Exists(Taken::Id));
        }
        let again = AuditEntry::done(actor, "tenant.create").tenant(id);
        self.store.audit(&again).await?;
        let operation = self.store.running_operation(id).await?;
        let driving = operation.as_ref().map(|operation| {
            let (driver, id) = (Driver::new(self), operation.id);
            tokio::spawn(async move { driver.drive(id).await })
        });
        Ok(Started {
            tenant,
            operation,
            driving,
        })
    }

    /// Creates a tenant and waits until it is active.
    ///
    /// # Errors
    /// See [`CreateError`]; each says what is left and how to go on.
    pub async fn create_tenant(&self, name: TenantName, id: Option<TenantId>) -> Result<Tenant, CreateError> {
        let new = NewTenant {
            id,
            ..NewTenant::named(name)
        };
        // In a task of its own: a caller that goes away does not keep it from being begun.
        let plane = self.clone();
        let creation = async move {
            let started = plane
                .begin_creation(&Actor::service("tenantry"), &new, None)
                .await?;
            let tenant = started.tenant.id;
            let driven = match started.driving {
                Some(driving) => driving.await.unwrap_or(Driven::Elsewhere),
                None => Driven::Elsewhere,
            };
            match plane.store.tenant(tenant).await? {
                Some(tenant) if tenant.state == TenantState::Active => Ok(tenant),
                _ => Err(CreateError::NotProvisioned {
                    tenant,
                    cause: match driven {
                        Driven::Failed(cause) => cause,
                        Driven::Ended | Driven::Elsewhere => "it is under way".to_owned(),
                    },
                }),
            }
        };
        let interrupted = || CreateError::Store(StoreError::Interrupted);
        tokio::spawn(creation)
            .await
            .unwrap_or_else(|_| Err(interrupted()))
    }

    /// The tenant, if there is one or was one.
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
            ChangeError::Store(error) => Self::Store(error),
            ChangeError::Unknown(_)
            | ChangeError::State(_)
            | ChangeError::Purging
            | ChangeError::Revision(_) => Self::Exists(Taken::Id),
        }
    }
}
