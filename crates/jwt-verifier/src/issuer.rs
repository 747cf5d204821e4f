//! An issuer: its keys, and how its tokens are judged.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Validation;
use jsonwebtoken::errors::ErrorKind;
use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::claims::ClaimRules;
use crate::clock::Clock;
use crate::identity::Identity;
use crate::jwks::JwksSource;
use crate::key_set_status::KeySetStatus;
use crate::keys::{KeySet, Selection, VerificationKey};
use crate::keys_file::KeysFile;
use crate::rejection::{Refusal, Rejection};
use crate::settings::{IssuerSettings, MAX_LEEWAY, SettingsError};
use crate::token::Selectors;

#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) name: Arc<str>,
    validations: Vec<(Algorithm, Validation)>,
    claims: ClaimRules,
    source: KeySource,
}

#[derive(Debug)]
enum KeySource {
    File(KeysFile),
    Jwks(JwksSource),
}

impl Issuer {
    /// Reads its files and begins to fetch its keys.
    pub(crate) fn new(settings: IssuerSettings, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        check_values(&settings)?;
        let source = match (&settings.jwks_url, &settings.keys_file) {
            (Some(_), None) => KeySource::Jwks(JwksSource::new(&settings, clock)?),
            _ => KeySource::File(KeysFile::read(&settings, &*clock)?),
        };
        let validation = |algorithm: &Algorithm| (*algorithm, validation(*algorithm, &settings));
        Ok(Self {
            validations: settings.algorithms.iter().map(validation).collect(),
            name: settings.issuer.as_str().into(),
            claims: ClaimRules {
                tenant: settings.tenant_claim,
                scope: settings.scope_claim,
                leeway: settings.leeway,
                max_lifetime: settings.max_lifetime,
            },
            source,
        })
    }

    /// Its keys; `None` if there are none, or only ones that are too old.
    pub(crate) fn keys(&self) -> Option<Arc<KeySet>> {
        match &self.source {
            KeySource::File(file) => Some(Arc::clone(&file.keys)),
            KeySource::Jwks(source) => source.keys(),
        }
    }

    /// The state of its keys at the time of this clock.
    pub(crate) fn key_set(&self, clock: &dyn Clock) -> KeySetStatus {
        match &self.source {
            KeySource::File(file) => file.status(&self.name, clock),
            KeySource::Jwks(source) => source.status(),
        }
    }

    /// Its keys for this token, fetched once more if the token's is not among them.
    pub(crate) async fn keys_for(&self, token: &Selectors) -> Result<Arc<KeySet>, Rejection> {
        let has_key = |keys: &KeySet| {
            let selection = keys.select(token.key_id.as_deref(), token.algorithm);
            !matches!(selection, Selection::Unknown)
        };
        match (self.keys(), &self.source) {
            (Some(keys), _) if has_key(&keys) => Ok(keys),
            (Some(keys), KeySource::File(_)) => Ok(keys),
            (_, KeySource::Jwks(source)) => {
                source.refetched().await;
                self.keys().ok_or(Rejection::KeysUnavailable)
            }
            (None, KeySource::File(_)) => Err(Rejection::KeysUnavailable),
        }
    }

    /// What the algorithm's tokens are validated by; an error if it is not allowed.
    fn validation(&self, algorithm: Algorithm) -> Result<&Validation, Refusal> {
        let mut validations = self.validations.iter();
        let found = validations.find(|(allowed, _)| *allowed == algorithm);
        found.map(|(_, validation)| validation).ok_or(Refusal::Algorithm)
    }

    /// Refuses an algorithm that is not allowed, before keys are looked for.
    pub(crate) fn check_algorithm(&self, algorithm: Algorithm) -> Result<(), Refusal> {
        self.validation(algorithm).map(|_| ())
    }

    /// Verifies a token with these keys at this time since the Unix epoch.
    pub(crate) fn verify(
        &self,
        token: &str,
        selectors: &Selectors,
        keys: &KeySet,
        now: Duration,
    ) -> Result<Identity, Refusal> {
        let validation = self.validation(selectors.algorithm)?;
        let candidates = match keys.select(selectors.key_id.as_deref(), selectors.algorithm) {
            Selection::Keys(keys) => keys,
            Selection::Unknown => return Err(Refusal::UnknownKey),
            Selection::OtherAlgorithm => return Err(Refusal::Algorithm),
            Selection::Ambiguous => return Err(Refusal::KeyIdMissing),
        };
        let mut refusal = Refusal::UnknownKey;
        for key in candidates {
            match decode(token, key, validation) {
                Ok(claims) => {
                    let claims = self.claims.check(&claims, now)?;
                    return Ok(Identity {
                        issuer: Arc::clone(&self.name),
                        subject: claims.subject,
                        tenant: claims.tenant,
                        scopes: claims.scopes,
                        expires_at: claims.expires_at,
                        key_id: key.id.clone(),
                    });
                }
                Err(found) => refusal = found,
            }
            if refusal != Refusal::Signature {
                break;
            }
        }
        Err(refusal)
    }
}

/// Checks the values, and reads the files, without a fetch.
pub(crate) fn check(settings: &IssuerSettings) -> Result<(), SettingsError> {
    check_values(settings)?;
    match settings.jwks_url {
        Some(_) => JwksSource::check(settings),
        None => KeysFile::check(settings),
    }
}

fn check_values(settings: &IssuerSettings) -> Result<(), SettingsError> {
    let invalid = |key, why: &str| SettingsError::Invalid {
        issuer: settings.issuer.clone(),
        key,
        why: why.to_owned(),
    };
    if settings.issuer.is_empty() {
        return Err(invalid("issuer", "must not be empty"));
    }
    if settings.audiences.is_empty() || settings.audiences.iter().any(String::is_empty) {
        return Err(invalid("audiences", "must be a list of at least one name"));
    }
    if settings.algorithms.is_empty() {
        return Err(invalid("algorithms", "must be a list of at least one algorithm"));
    }
    if settings.leeway > MAX_LEEWAY {
        return Err(invalid("leeway", "must be at most 5s"));
    }
    for (key, value) in [
        ("refresh", settings.refresh),
        ("fetch_timeout", settings.fetch_timeout),
        ("cool_down", settings.cool_down),
    ] {
        if value.is_zero() {
            return Err(invalid(key, "must not be zero"));
        }
    }
    if settings.max_stale < settings.refresh {
        return Err(invalid("max_stale", "must not be less than refresh"));
    }
    match (&settings.jwks_url, &settings.keys_file) {
        (None, Some(_)) if settings.ca_file.is_some() => Err(invalid("ca_file", "is for a jwks_url")),
        (Some(_), None) | (None, Some(_)) => Ok(()),
        _ => Err(invalid("jwks_url", "or keys_file must be set, and not both")),
    }
}

/// `jsonwebtoken` verifies signature, algorithm, `iss` and `aud`. The times are judged by [`ClaimRules`]: the library
/// takes them from the system's clock, and cannot read a number with `serde_json`'s feature `arbitrary_precision`, which
/// this workspace has on.
fn validation(algorithm: Algorithm, settings: &IssuerSettings) -> Validation {
    let mut validation = Validation::new(algorithm.in_library());
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&settings.audiences);
    validation.set_required_spec_claims(&["iss", "aud"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

fn decode(
    token: &str,
    key: &VerificationKey,
    validation: &Validation,
) -> Result<Map<String, Value>, Refusal> {
    let decoded = jsonwebtoken::decode(token, &key.key, validation);
    decoded
        .map(|token| token.claims)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => Refusal::Signature,
            ErrorKind::InvalidAudience => Refusal::Audience,
            ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim)
                if claim == "aud" =>
            {
                Refusal::Audience
            }
            ErrorKind::InvalidIssuer | ErrorKind::MissingRequiredClaim(_) => Refusal::Issuer,
            ErrorKind::InvalidAlgorithm | ErrorKind::MissingAlgorithm => Refusal::Algorithm,
            _ => Refusal::Malformed,
        })
}
