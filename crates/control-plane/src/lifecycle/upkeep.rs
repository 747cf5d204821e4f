//! Tenants' logins, kept as the store says: their `CONNECTION LIMIT`, and whether their password is still refused.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::Connection as _;
use tenant_registry::{TenantId, TenantSource as _};
use tokio::time::{sleep, timeout};

use crate::plane::ControlPlane;
use crate::postgres::tenant_roles;
use crate::store::StoreError;
use crate::tenant::Tenant;

/// Before the first round: a service that starts has its own logins to make, and requests that wait for them.
const FIRST: Duration = Duration::from_secs(2);
/// Between two comparisons of all logins with the store.
const EVERY: Duration = Duration::from_mins(1);
/// For setting the limit of one tenant's login while its operator waits; the next comparison catches up.
const PROMPTLY: Duration = Duration::from_secs(3);
/// Refused logins that one round tries again.
const MOST: i64 = 32;

/// Compares and retries until it is dropped, the first time soon after the start: after an upgrade, or a change of the
/// configuration, every login may have another limit.
pub(super) async fn run(plane: &ControlPlane) {
    sleep(FIRST).await;
    loop {
        match plane.set_login_limits().await {
            Ok(0) => {}
            Ok(logins) => tracing::info!(logins, "connection limits of tenants' logins were set"),
            Err(error) => tracing::warn!(%error, "connection limits of tenants' logins cannot be compared"),
        }
        if let Err(error) = plane.retry_refused_logins().await {
            tracing::warn!(%error, "refused logins cannot be tried again");
        }
        sleep(EVERY).await;
    }
}

impl ControlPlane {
    /// Sets the `CONNECTION LIMIT` of every login that has another one than the store and the settings make, and says
    /// how many it set. One that cannot be set now is tried again the next time.
    ///
    /// # Errors
    /// When the store or the data cluster cannot be asked.
    pub async fn set_login_limits(&self) -> Result<u64, StoreError> {
        let maxima: HashMap<TenantId, Option<u32>> =
            self.store.max_connections().await?.into_iter().collect();
        let mut set = 0;
        for (tenant, found) in tenant_roles::login_limits(&self.data).await? {
            // Of a login that no tenant has, the doctor tells.
            let Some(max) = maxima.get(&tenant) else { continue };
            let limit = self.login_limit().of(*max);
            if found == limit {
                continue;
            }
            match tenant_roles::limit_connections(&self.data, tenant, limit).await {
                Ok(logins) => set += u64::from(logins.unsigned_abs()),
                Err(error) => tracing::warn!(%tenant, %error, "the connection limit of a login was not set"),
            }
        }
        Ok(set)
    }

    /// The same for one tenant, whose maximum has just changed.
    pub(super) async fn set_login_limit(&self, tenant: &Tenant) {
        let limit = self.login_limit().of(tenant.limits.max_connections);
        let set = tenant_roles::limit_connections(&self.data, tenant.id, limit);
        match timeout(PROMPTLY, set).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::warn!(tenant = %tenant.id, %error, "the connection limit of a login was not set");
            }
            Err(_) => {
                tracing::warn!(tenant = %tenant.id, "the connection limit of a login was not set in time");
            }
        }
    }

    /// Logs in as each tenant whose password was refused, and forgets the refusal of those that get in again.
    async fn retry_refused_logins(&self) -> Result<(), StoreError> {
        for tenant in self.store.refused_logins(MOST).await? {
            if self.logs_in(tenant).await {
                self.store.note_login_accepted(tenant).await?;
                tracing::info!(%tenant, "the tenant's login is accepted again");
            }
        }
        Ok(())
    }

    async fn logs_in(&self, tenant: TenantId) -> bool {
        let Ok(spec) = self.source().load(tenant).await else {
            return false;
        };
        let Ok(session) = self.purge().cluster.connect(&spec.connect).await else {
            return false;
        };
        // Whatever it says now, it was let in.
        let _ = timeout(PROMPTLY, session.close()).await;
        true
    }
}
