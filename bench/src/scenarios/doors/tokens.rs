//! A JSON Web Token of a tenant, and its verification with a key made here.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use api::jwt::Verification;
use api::{AcceptedToken, TokenRejection, Tokens};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_verifier::{Clock as _, IssuerSettings, Rejection, SystemClock, Verifier};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use tenant_registry::TenantId;

const ISSUER: &str = "bench";
const AUDIENCE: &str = "tenantry";
/// Longer than any run.
const LIFETIME: Duration = Duration::from_hours(24);

/// As the service verifies tokens.
#[derive(Debug)]
pub(super) struct TokenVerifier(Verifier);

/// The verification, and a token of the tenant with both scopes.
///
/// # Errors
/// When there are no random bytes, or the key cannot be stored.
pub(super) fn of_tenant(tenant: TenantId) -> anyhow::Result<(TokenVerifier, String)> {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| anyhow!("no random bytes"))?;
    let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).map_err(|_| anyhow!("no key"))?;
    let public = URL_SAFE_NO_PAD.encode(key.public_key());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": public, "kid": "1" });
    let folder = tempfile::tempdir().context("no folder for the key")?;
    let path = folder.path().join("issuer.jwk");
    private_files::create_new(&path, jwk.to_string().as_bytes())?;
    let clock = SystemClock::default();
    let mut issuer = IssuerSettings::new(ISSUER, [AUDIENCE]);
    issuer.keys_file = Some(path);
    let verifier = Verifier::new(vec![issuer], Arc::new(clock))?;

    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "bench", "exp": (clock.unix_time() + LIFETIME).as_secs(),
        "tenant_id": tenant.to_string(), "scope": "read write",
    });
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "1" });
    let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = parts.join(".");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    Ok((TokenVerifier(verifier), format!("{message}.{signature}")))
}

impl Tokens for TokenVerifier {
    fn verify<'a>(&'a self, presented: &'a str) -> Verification<'a> {
        Box::pin(async move {
            let identity = self.0.verify(presented).await;
            let identity = identity.map_err(|rejection| match rejection {
                Rejection::Refused(refusal) => TokenRejection::Invalid {
                    reason: refusal.reason(),
                    issuer: None,
                },
                Rejection::KeysUnavailable => TokenRejection::KeysUnavailable { issuer: None },
            })?;
            Ok(AcceptedToken {
                issuer: Arc::clone(&identity.issuer),
                subject: identity.subject.as_deref().map(Arc::from),
                tenant: identity.tenant.into(),
                reads: identity.has_scope("read"),
                writes: identity.has_scope("write"),
            })
        })
    }
}
