//! Creation and change of API keys, and the record of their use.

use tenant_registry::TenantId;
use uuid::Uuid;

use crate::actor::Actor;
use crate::api_key::{ApiKey, ApiKeySecret, NewApiKey};
use crate::live_keys::KeyUses;
use crate::plane::ControlPlane;
use crate::store::api_keys::change::{ApiKeyChange, ChangeKeyError};
use crate::store::api_keys::make::CreateKeyError;

impl ControlPlane {
    /// Stores a new key of a tenant. When this returns, this process accepts it, and others within a second.
    ///
    /// # Errors
    /// See [`CreateKeyError`].
    pub async fn create_api_key(
        &self,
        actor: &Actor,
        owner: TenantId,
        new: &NewApiKey,
        secret: &ApiKeySecret,
    ) -> Result<ApiKey, CreateKeyError> {
        let key = self.store().insert_api_key(actor, owner, new, secret).await?;
        self.live_keys().created(&key, secret);
        Ok(key)
    }

    /// Expires or revokes a key, and audits it. A key that is revoked already is not changed and not audited. The `bool`
    /// says whether this call changed it. When this returns, the change holds in this process, and in others within a
    /// second.
    ///
    /// # Errors
    /// See [`ChangeKeyError`].
    pub async fn change_api_key(
        &self,
        actor: &Actor,
        id: Uuid,
        change: ApiKeyChange,
    ) -> Result<(ApiKey, bool), ChangeKeyError> {
        let changed = self.store().change_api_key(actor, id, change).await?;
        match change {
            ApiKeyChange::Expire(at) => self.live_keys().expires(&self.store().pool, id, at).await,
            ApiKeyChange::Revoke => self.live_keys().revoked(id),
        }
        Ok(changed)
    }

    /// The recorder of when keys were last used. `None` when it was taken before: there is one.
    pub fn api_key_uses(&self) -> Option<KeyUses> {
        let uses = self.live_keys().take_uses()?;
        Some(KeyUses::new(uses, self.store().clone()))
    }
}
