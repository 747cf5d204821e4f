//! Creating and looking up tenants.

use std::time::Duration;

use sqlx::postgres::PgPool;
use tenant_registry::TenantId;
use tokio::time::timeout;
use uuid::Uuid;

use crate::credentials::GeneratedPassword;
use crate::doctor::is_probe;
use crate::plane::ControlPlane;
use crate::postgres::{ScramError, scram, tenant_roles};
use crate::store::{FIRST_VERSION, Store, StoreError};
use crate::tenant::{Tenant, TenantName, TenantState};
use crate::vault::{Vault, VaultError};

/// For the whole of a creation, also when nobody waits for it any more.
const CREATION: Duration = Duration::from_mins(1);

/// Why a tenant was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Another tenant has this id or this name, or this very tenant is there already.
    #[error("{0} is taken")]
    Exists(Taken),
    /// The store failed; nothing was written, or the tenant is provisioning and can be created again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be made or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The tenant is committed and its roles could not be made in the data cluster: create it again with the
    /// same id and name to go on.
    #[error("tenant {tenant} is committed and not provisioned yet")]
    NotProvisioned {
        /// The committed tenant.
        tenant: TenantId,
        /// Why its roles could not be made.
        #[source]
        cause: sqlx::Error,
    },
    /// No verifier could be made.
    #[error(transparent)]
    Scram(#[from] ScramError),
    /// The work ended without an answer; create it again with the same id and name to go on.
    #[error("creating the tenant was interrupted")]
    Interrupted,
}

/// What stands in a new tenant's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The id.
    Id,
    /// The name.
    Name,
}

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Id => "the id",
            Self::Name => "the name",
        })
    }
}

impl ControlPlane {
    /// Creates a tenant: commits it as provisioning, makes its roles in the data cluster, makes it active. A
    /// tenant of this id and name that is still provisioning is gone on with.
    ///
    /// Runs in a task of its own: a caller that goes away does not leave it half done.
    ///
    /// # Errors
    /// See [`CreateError`]; each says what is left and how to go on.
    pub async fn create_tenant(&self, name: TenantName, id: Option<TenantId>) -> Result<Tenant, CreateError> {
        let work = Creation {
            store: self.store.clone(),
            vault: self.vault.clone(),
            data: self.data.clone(),
        };
        let id = id.unwrap_or_else(|| Uuid::now_v7().into());
        if is_probe(id) {
            return Err(CreateError::Exists(Taken::Id));
        }
        let done = tokio::spawn(timeout(CREATION, work.run(id, name))).await;
        done.ok()
            .and_then(Result::ok)
            .unwrap_or(Err(CreateError::Interrupted))
    }

    /// The tenant, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.store.tenant(id).await
    }
}

/// What the creation of a tenant needs, owned by its task.
struct Creation {
    store: Store,
    vault: Vault,
    data: PgPool,
}

impl Creation {
    async fn run(self, id: TenantId, name: TenantName) -> Result<Tenant, CreateError> {
        self.commit(id, &name).await?;
        let password = self.password(id).await?;
        let verifier = scram::of_generated(&password)?;
        tenant_roles::create(&self.data, id, &verifier)
            .await
            .map_err(|cause| CreateError::NotProvisioned { tenant: id, cause })?;
        let tenant = self
            .store
            .activate(id)
            .await?
            .ok_or(StoreError::Invalid("tenant"))?;
        tracing::info!(tenant = %id, name = name.as_str(), "tenant created");
        Ok(tenant)
    }

    /// Commits the tenant as provisioning, or finds it so.
    async fn commit(&self, id: TenantId, name: &TenantName) -> Result<(), CreateError> {
        let minted = self.vault.mint(id, FIRST_VERSION).await?;
        if self
            .store
            .insert_provisioning(id, name, &minted.wrapped_dek, &minted.sealed_password)
            .await?
        {
            return Ok(());
        }
        match self.store.tenant(id).await? {
            Some(tenant) if tenant.state == TenantState::Provisioning && tenant.name == *name => Ok(()),
            Some(_) => Err(CreateError::Exists(Taken::Id)),
            None => Err(CreateError::Exists(Taken::Name)),
        }
    }

    async fn password(&self, id: TenantId) -> Result<GeneratedPassword, CreateError> {
        let stored = self
            .store
            .credential(id)
            .await?
            .ok_or(StoreError::Invalid("tenant credential"))?;
        Ok(self.vault.open(id, &stored).await?)
    }
}
