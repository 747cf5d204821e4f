//! Upkeep of tenants' logins: restores each `CONNECTION LIMIT`, and retries refused logins.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::Connection as _;
use tenant_registry::{TenantId, TenantSource as _};
use tokio::time::{sleep, timeout};

use crate::plane::ControlPlane;
use crate::store::error::StoreError;
use crate::tenant::Tenant;
use crate::tenant_logins;

/// The delay of the first round: a starting service has logins of its own, and requests that wait for them.
const FIRST_DELAY: Duration = Duration::from_secs(2);
/// The pause between two rounds.
const INTERVAL: Duration = Duration::from_mins(1);
/// The timeout of one login's limit while an operator waits. The next round repeats it.
const LIMIT_TIMEOUT: Duration = Duration::from_secs(3);
/// The maximum of refused logins that one round retries.
const MAX_RETRIES: i64 = 32;

/// Runs until it is dropped. The first round follows soon after the start: after an upgrade, or a change of the
/// configuration, every limit may be outdated.
pub(super) async fn run(plane: &ControlPlane) {
    sleep(FIRST_DELAY).await;
    loop {
        match plane.set_login_limits().await {
            Ok(0) => {}
            Ok(logins) => tracing::info!(logins, "set connection limits of tenants' logins"),
            Err(error) => tracing::warn!(%error, "cannot compare connection limits of tenants' logins"),
        }
        if let Err(error) = plane.retry_refused_logins().await {
            tracing::warn!(%error, "cannot retry refused logins");
        }
        sleep(INTERVAL).await;
    }
}

impl ControlPlane {
    /// Sets the `CONNECTION LIMIT` of every login whose limit differs from the one of the store and the settings, and
    /// returns their number. A failure is retried in the next round.
    ///
    /// # Errors
    /// When the store or the data cluster fails.
    pub async fn set_login_limits(&self) -> Result<u64, StoreError> {
        let maxima: HashMap<TenantId, Option<u32>> =
            self.store.max_connections().await?.into_iter().collect();
        let mut set = 0;
        for (tenant, found) in tenant_logins::login_limits(&self.data).await? {
            // The doctor reports logins without a tenant.
            let Some(max) = maxima.get(&tenant) else { continue };
            let limit = self.login_limit().of(*max);
            if found == limit {
                continue;
            }
            match tenant_logins::limit_connections(&self.data, tenant, limit).await {
                Ok(logins) => set += u64::from(logins.unsigned_abs()),
                Err(error) => tracing::warn!(%tenant, %error, "cannot set a login's connection limit"),
            }
        }
        Ok(set)
    }

    /// Sets the `CONNECTION LIMIT` of one tenant, whose maximum has changed.
    pub(super) async fn set_login_limit(&self, tenant: &Tenant) {
        let limit = self.login_limit().of(tenant.limits.max_connections);
        let set = tenant_logins::limit_connections(&self.data, tenant.id, limit);
        match timeout(LIMIT_TIMEOUT, set).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::warn!(tenant = %tenant.id, %error, "cannot set a login's connection limit");
            }
            Err(_) => {
                tracing::warn!(tenant = %tenant.id, "timed out setting a login's connection limit");
            }
        }
    }

    /// Tries to log in as each tenant whose login was refused, and records those that are accepted again.
    async fn retry_refused_logins(&self) -> Result<(), StoreError> {
        for tenant in self.store.refused_logins(MAX_RETRIES).await? {
            if self.can_log_in(tenant).await {
                self.store.record_login_accepted(tenant).await?;
                tracing::info!(%tenant, "a tenant's login is accepted again");
            }
        }
        Ok(())
    }

    async fn can_log_in(&self, tenant: TenantId) -> bool {
        let Ok(spec) = self.source().load(tenant).await else {
            return false;
        };
        let Ok(session) = self.data_cluster().connect(&spec.connect).await else {
            return false;
        };
        // The login succeeded; how the session ends does not matter.
        let _ = timeout(LIMIT_TIMEOUT, session.close()).await;
        true
    }
}
