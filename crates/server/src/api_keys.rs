//! Verification of API keys for the tenant plane, by the control plane's index of live keys.

use std::time::Duration;

use api::{AcceptedKey, ApiKeys, KeyRejection};
use control_plane::{ApiKeyScope, KeyRefusal, LiveKeys};

/// When a caller whose key cannot be verified may try again: the listener connects again within about a second.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The live keys, as the tenant plane asks for them.
#[derive(Debug)]
pub(crate) struct KeyVerifier {
    pub(crate) keys: LiveKeys,
    /// `tenant_plane.max_key_staleness`.
    pub(crate) max_staleness: Duration,
}

impl ApiKeys for KeyVerifier {
    fn verify(&self, presented: &str) -> Result<AcceptedKey, KeyRejection> {
        let verified = self.keys.verify(presented, self.max_staleness);
        let key = verified.map_err(|refusal| match refusal {
            KeyRefusal::Invalid => KeyRejection::Invalid,
            KeyRefusal::StoreAway => KeyRejection::Unavailable {
                retry_after: RETRY_AFTER,
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
