//! API keys of tenants.

use anyhow::Context as _;
use control_plane::{Actor, ApiKeyName, ApiKeyScopes, ApiKeySecret, ControlPlane, NewApiKey};
use tenant_registry::TenantId;

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
