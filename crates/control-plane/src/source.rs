//! Tenants' logins for the registry, read from the control store.

use tenant_registry::{
    RefusedFuture, SourceError, SourceFuture, StandingFuture, TenantId, TenantSource, TenantSpec,
};

use crate::standing_queries::StandingQueries;
use crate::store::Store;
use crate::store::credentials::StoredCredential;
use crate::tenant::state::TenantState;
use crate::vault::Vault;
use schema::{Cluster, Login, tenant_login};

/// Reads a tenant's credential from the store and opens its password.
pub struct StoreSource {
    pub(crate) store: Store,
    pub(crate) standing_queries: StandingQueries,
    pub(crate) vault: Vault,
    pub(crate) cluster: Cluster,
    pub(crate) database: String,
    pub(crate) max_connections: u32,
}

impl StoreSource {
    /// The tenant's own login, for a session beside the pools. Only an active tenant has one.
    ///
    /// # Errors
    /// As those of [`TenantSource::load`].
    pub async fn login(&self, tenant: TenantId) -> Result<Login, SourceError> {
        Ok(self.open(tenant).await?.1)
    }

    async fn spec(&self, tenant: TenantId) -> Result<TenantSpec, SourceError> {
        let (stored, login) = self.open(tenant).await?;
        let connect = self.cluster.options(&login, &self.database);
        let max = stored.limits.max_connections.unwrap_or(self.max_connections);
        let mut spec = TenantSpec::new(tenant, connect, max);
        // The service's default may be below the reservation.
        spec.floor = stored.limits.reserved_connections.min(max);
        spec.version = stored.tenant_version.unsigned_abs();
        Ok(spec)
    }

    /// The stored credential, and the login with its password opened.
    async fn open(&self, tenant: TenantId) -> Result<(StoredCredential, Login), SourceError> {
        let stored = self
            .store
            .credential(tenant)
            .await
            .map_err(SourceError::unavailable)?;
        let stored = stored.ok_or(SourceError::Unknown)?;
        match stored.state {
            TenantState::Active => {}
            TenantState::Provisioning => return Err(SourceError::NotReady),
            TenantState::Suspended => return Err(SourceError::Suspended),
            // A deleted tenant does not exist for callers.
            TenantState::Offboarding | TenantState::Purged => return Err(SourceError::Unknown),
        }
        let password = self
            .vault
            .open(tenant, &stored)
            .await
            .map_err(SourceError::unusable)?;
        let login = Login::new(tenant_login(tenant, stored.slot), password.into_secret());
        Ok((stored, login))
    }
}

impl TenantSource for StoreSource {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        Box::pin(self.spec(tenant))
    }

    fn refused(&self, tenant: TenantId) -> RefusedFuture<'_> {
        Box::pin(async move {
            match self.store.record_login_refused(tenant).await {
                // Recorded and logged before: a busy tenant is refused more than once a second.
                Ok(false) => {}
                Ok(true) => tracing::warn!(%tenant, "the server refuses a tenant's login"),
                Err(error) => tracing::warn!(%tenant, %error, "cannot record a refused login"),
            }
        })
    }

    fn standing(&self, tenants: Vec<TenantId>) -> StandingFuture<'_> {
        Box::pin(async move {
            if let Some(standing) = self.standing_queries.ask(&tenants).await {
                return Ok(Some(standing));
            }
            let standing = self.store.standing(&tenants).await;
            standing.map(Some).map_err(SourceError::unavailable)
        })
    }
}
