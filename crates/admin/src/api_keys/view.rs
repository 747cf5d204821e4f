//! Response view of an API key.

use control_plane::ApiKey;

/// Shows an API key, with only the first characters of the key itself.
pub(super) fn api_key(key: ApiKey) -> admin_types::ApiKey {
    admin_types::ApiKey {
        id: key.id,
        tenant_id: key.tenant.as_uuid(),
        name: key.name,
        prefix: key.prefix,
        scopes: Some(key.scopes.iter().map(|scope| scope.as_str().into()).collect()),
        created_by: key.created_by,
        created_at: key.created_at.into(),
        expires_at: key.expires_at.map(Into::into),
        revoked_at: key.revoked_at.map(Into::into),
        last_used_at: key.last_used_at.map(Into::into),
    }
}
