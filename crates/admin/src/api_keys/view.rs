//! An API key, as it is shown.

use control_plane::ApiKey;
use pg_timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// An API key, as it is shown: of the key itself only how it begins.
#[derive(Clone, Serialize)]
pub(super) struct ApiKeyView {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    prefix: String,
    created_by: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            tenant_id: key.tenant.as_uuid(),
            name: key.name,
            prefix: key.prefix,
            created_by: key.created_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}
