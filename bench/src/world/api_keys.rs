//! API keys of tenants.

use anyhow::Context as _;
use control_plane::{Actor, ApiKeyName, ApiKeyScopes, ApiKeySecret, ControlPlane, NewApiKey};
use tenant_registry::TenantId;

use super::{Tenant, World};

/// Makes a key of this tenant that allows everything and has no end.
///
/// # Errors
/// When the store fails.
pub(crate) async fn make_api_key(plane: &ControlPlane, tenant: TenantId) -> anyhow::Result<ApiKeySecret> {
    let new = NewApiKey {
        name: ApiKeyName::try_from("bench".to_owned())?,
        scopes: ApiKeyScopes::ALL,
        expires_at: None,
    };
    let secret = ApiKeySecret::generate().context("no random bytes")?;
    plane
        .create_api_key(&Actor::service("tenantry"), tenant, &new, &secret)
        .await?;
    Ok(secret)
}

impl World {
    /// Makes an API key of each of these tenants, which a service finds when it starts.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn api_keys(&self, tenants: &[Tenant]) -> anyhow::Result<Vec<String>> {
        let plane = self.control_plane()?;
        let mut keys = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            let secret = make_api_key(&plane, tenant.id).await?;
            keys.push(secret.expose().to_owned());
        }
        plane.close().await;
        Ok(keys)
    }
}
