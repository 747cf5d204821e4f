//! Where the registry learns how to reach a tenant: the control store.

use tenant_registry::{
    RefusedFuture, SourceError, SourceFuture, StandingFuture, TenantId, TenantSource, TenantSpec,
};

use crate::changes::ListenerQuestions;
use crate::postgres::{Cluster, Login, tenant_login};
use crate::store::Store;
use crate::tenant::TenantState;
use crate::vault::Vault;

/// Reads a tenant's credential from the store and opens its password.
pub struct StoreSource {
    pub(crate) store: Store,
    pub(crate) listener: ListenerQuestions,
    pub(crate) vault: Vault,
    pub(crate) cluster: Cluster,
    pub(crate) database: String,
    pub(crate) max_connections: u32,
}

impl StoreSource {
    async fn spec(&self, tenant: TenantId) -> Result<TenantSpec, SourceError> {
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
            // For its callers it is gone.
            TenantState::Offboarding | TenantState::Purged => return Err(SourceError::Unknown),
        }
        let password = self
            .vault
            .open(tenant, &stored)
            .await
            .map_err(SourceError::unusable)?;
        let login = Login::new(tenant_login(tenant, stored.slot), password.into_secret());
        let connect = self.cluster.options(&login, &self.database);
        let max = stored.limits.max_connections.unwrap_or(self.max_connections);
        let mut spec = TenantSpec::new(tenant, connect, max);
        // The service's default may be less than what was reserved.
        spec.floor = stored.limits.reserved_connections.min(max);
        spec.version = stored.tenant_version.unsigned_abs();
        Ok(spec)
    }
}

impl TenantSource for StoreSource {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        Box::pin(self.spec(tenant))
    }

    fn refused(&self, tenant: TenantId) -> RefusedFuture<'_> {
        Box::pin(async move {
            match self.store.note_login_refused(tenant).await {
                // Noted before, and logged then: a busy tenant is refused more than once a second.
                Ok(false) => {}
                Ok(true) => tracing::warn!(%tenant, "the server refuses the password of a tenant's login"),
                Err(error) => tracing::warn!(%tenant, %error, "a refused login could not be noted"),
            }
        })
    }

    fn standing(&self, tenants: Vec<TenantId>) -> StandingFuture<'_> {
        Box::pin(async move {
            if let Some(standing) = self.listener.ask(&tenants).await {
                return Ok(Some(standing));
            }
            let standing = self.store.standing(&tenants).await;
            standing.map(Some).map_err(SourceError::unavailable)
        })
    }
}
