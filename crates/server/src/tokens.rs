//! Verification of JSON Web Tokens for the tenant plane, by the issuers in `tenant_plane.jwt.issuers`.

use std::sync::Arc;

use api::jwt::Verification;
use api::{AcceptedToken, TokenRejection, Tokens};
use config::IssuerSettings;
use jwt_verifier::{Rejection, SettingsError, SystemClock, Verifier};

/// The scope to read, in a token's scope claim.
const READ: &str = "read";
/// The scope to create, change and delete.
const WRITE: &str = "write";

/// The verifier, as the tenant plane asks for it.
#[derive(Debug)]
struct TokenVerifier(Arc<Verifier>);

/// The verifier of tokens of these issuers; `None` without one.
///
/// # Errors
/// When a file of an issuer cannot be used.
pub(crate) fn verifier(issuers: &[IssuerSettings]) -> Result<Option<Arc<Verifier>>, SettingsError> {
    if issuers.is_empty() {
        return Ok(None);
    }
    let verifier = Verifier::new(issuers.to_vec(), Arc::new(SystemClock::default()))?;
    Ok(Some(Arc::new(verifier)))
}

/// The verification by this verifier.
pub(crate) fn tokens(verifier: Arc<Verifier>) -> Arc<dyn Tokens> {
    Arc::new(TokenVerifier(verifier))
}

impl Tokens for TokenVerifier {
    fn verify<'a>(&'a self, presented: &'a str) -> Verification<'a> {
        Box::pin(async move {
            let verified = self.0.verify(presented).await;
            let identity = verified.map_err(|rejection| {
                let issuer = self.0.claimed_issuer(presented).cloned();
                match rejection {
                    Rejection::Refused(refusal) => TokenRejection::Invalid {
                        reason: refusal.reason(),
                        issuer,
                    },
                    Rejection::KeysUnavailable => TokenRejection::KeysUnavailable { issuer },
                }
            })?;
            Ok(AcceptedToken {
                issuer: Arc::clone(&identity.issuer),
                subject: identity.subject.as_deref().map(Arc::from),
                tenant: identity.tenant.into(),
                reads: identity.has_scope(READ),
                writes: identity.has_scope(WRITE),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use api::API_KEY_PREFIX;
    use control_plane::ApiKeySecret;

    #[test]
    fn the_planes_agree_how_an_api_key_begins() {
        let key = ApiKeySecret::generate().unwrap();
        assert!(key.expose().starts_with(API_KEY_PREFIX));
    }
}
