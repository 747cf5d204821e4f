//! Live keys of a tenant, kept up from the world's control store as the service does it.

use std::time::Duration;

use anyhow::Context as _;
use api::{AcceptedKey, ApiKeys, KeyRejection};
use control_plane::{ApiKeyScope, ApiKeySecret, ControlPlane, KeyRefusal, LiveKeys};
use tenant_registry::TenantId;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::world::{World, make_api_key};

/// Longer than any round.
const MAX_STALENESS: Duration = Duration::from_mins(5);
const LOADED: Duration = Duration::from_secs(30);

/// The keys, and the secret of one of them.
pub(super) struct LiveKeysOf {
    plane: ControlPlane,
    following: JoinHandle<()>,
    pub(super) secret: ApiKeySecret,
}

impl LiveKeysOf {
    /// Makes so many keys of the tenant, and waits until they are loaded.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn start(world: &World, tenant: TenantId, count: usize) -> anyhow::Result<Self> {
        let plane = world.control_plane()?;
        let mut secret = None;
        for _ in 0..count {
            secret = Some(make_api_key(&plane, tenant).await?);
        }
        let following = plane.clone();
        let following = tokio::spawn(async move { following.follow_keys_and_plans(MAX_STALENESS).await });
        timeout(LOADED, plane.live_keys().loaded())
            .await
            .context("the keys are not loaded")?;
        Ok(Self {
            plane,
            following,
            secret: secret.context("there is a key")?,
        })
    }

    pub(super) fn verifier(&self) -> Verifier {
        Verifier(self.plane.live_keys().clone())
    }

    /// Closes the connections to the store.
    pub(super) async fn stop(self) {
        self.following.abort();
        self.plane.close().await;
    }
}

/// As the service verifies keys.
#[derive(Debug)]
pub(super) struct Verifier(LiveKeys);

impl ApiKeys for Verifier {
    fn verify(&self, presented: &str) -> Result<AcceptedKey, KeyRejection> {
        let key = self.0.verify(presented, MAX_STALENESS);
        let key = key.map_err(|refusal| match refusal {
            KeyRefusal::Invalid => KeyRejection::Invalid,
            KeyRefusal::StoreAway => KeyRejection::Unavailable {
                retry_after: Duration::from_secs(1),
            },
        })?;
        Ok(AcceptedKey {
            id: key.id,
            tenant: key.tenant,
            reads: key.scopes.contain(ApiKeyScope::Read),
            writes: key.scopes.contain(ApiKeyScope::Write),
        })
    }
}
