//! Settings of an issuer.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::algorithm::Algorithm;
use crate::claim_path::ClaimPath;
use crate::keys::KeySetError;

/// The most leeway for `exp`, `nbf` and `iat`.
pub const MAX_LEEWAY: Duration = Duration::from_secs(5);

/// An issuer whose tokens are accepted, and how they are judged. [`Verifier::new`](crate::Verifier::new) checks it.
///
/// As TOML, with the defaults of all that may be left out:
///
/// ```
/// # #[derive(serde::Deserialize)] struct File { issuers: Vec<jwt_verifier::IssuerSettings> }
/// # let file: serde_json::Value = serde_json::json!({ "issuers": [{
/// #     "issuer": "https://login.example.com/", "audiences": ["tenantry"],
/// #     "jwks_url": "https://login.example.com/.well-known/jwks.json",
/// #     "tenant_claim": "/app_metadata/tenant_id", "leeway": "0s", "refresh": "10m",
/// # }]});
/// # let file: File = serde_json::from_value(file).unwrap();
/// # assert_eq!(file.issuers[0].refresh, std::time::Duration::from_secs(600));
/// # const _: &str = r#"
/// [[tenant_plane.jwt.issuers]]
/// issuer = "https://login.example.com/"
/// audiences = ["tenantry"]
/// jwks_url = "https://login.example.com/.well-known/jwks.json"  # or keys_file
/// # ca_file =                     # the system's authorities
/// algorithms = ["RS256", "ES256", "EdDSA"]
/// tenant_claim = "tenant_id"
/// scope_claim = "scope"
/// leeway = "0s"
/// # max_lifetime =                # unlimited
/// refresh = "10m"
/// fetch_timeout = "5s"
/// cool_down = "30s"
/// max_stale = "24h"
/// # "#;
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// The claim `iss` of its tokens, compared byte by byte.
    pub issuer: String,
    /// What `aud` has to name at least one of. Not empty.
    pub audiences: Vec<String>,
    /// Accepted algorithms. Each fits one type of key, so that all of them are no weaker than one.
    #[serde(default = "default::algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// The URL of its JWK Set: https, or http on loopback.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// A file of its keys instead: a JWK Set, a JWK, or PEM blocks `PUBLIC KEY`. Only its owner may be able to write it.
    #[serde(default)]
    pub keys_file: Option<PathBuf>,
    /// A PEM file of the authorities that may certify the URL's host, instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The claim with the tenant's UUID.
    #[serde(default = "default::tenant_claim")]
    pub tenant_claim: ClaimPath,
    /// The claim with the scopes: words in a string, or a list of strings.
    #[serde(default = "default::scope_claim")]
    pub scope_claim: ClaimPath,
    /// By how much the issuer's clock may differ, [`MAX_LEEWAY`] at most.
    #[serde(default, with = "humantime_serde")]
    pub leeway: Duration,
    /// The longest time from `iat` to `exp`; then `iat` is required.
    #[serde(default, with = "humantime_serde")]
    pub max_lifetime: Option<Duration>,
    /// Time between two fetches of the key set. Its `Cache-Control: max-age` can shorten it down to `cool_down`.
    #[serde(default = "default::refresh", with = "humantime_serde")]
    pub refresh: Duration,
    /// Deadline of a fetch.
    #[serde(default = "default::fetch_timeout", with = "humantime_serde")]
    pub fetch_timeout: Duration,
    /// Least time between two fetches for unknown key ids.
    #[serde(default = "default::cool_down", with = "humantime_serde")]
    pub cool_down: Duration,
    /// For how long fetched keys are used while the URL fails.
    #[serde(default = "default::max_stale", with = "humantime_serde")]
    pub max_stale: Duration,
}

impl IssuerSettings {
    /// The defaults, still without keys: set `jwks_url` or `keys_file`.
    pub fn new(issuer: impl Into<String>, audiences: impl IntoIterator<Item: Into<String>>) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: audiences.into_iter().map(Into::into).collect(),
            algorithms: default::algorithms(),
            jwks_url: None,
            keys_file: None,
            ca_file: None,
            tenant_claim: default::tenant_claim(),
            scope_claim: default::scope_claim(),
            leeway: Duration::ZERO,
            max_lifetime: None,
            refresh: default::refresh(),
            fetch_timeout: default::fetch_timeout(),
            cool_down: default::cool_down(),
            max_stale: default::max_stale(),
        }
    }

    /// Checks the values, and that the files can be read and trusted. Fetches nothing.
    ///
    /// # Errors
    /// As [`Verifier::new`](crate::Verifier::new).
    pub fn check(&self) -> Result<(), SettingsError> {
        crate::issuer::check(self)
    }
}

mod default {
    use super::{Algorithm, ClaimPath, Duration};

    pub(super) fn algorithms() -> Vec<Algorithm> {
        Algorithm::ALL.to_vec()
    }

    pub(super) fn tenant_claim() -> ClaimPath {
        ClaimPath::name("tenant_id")
    }

    pub(super) fn scope_claim() -> ClaimPath {
        ClaimPath::name("scope")
    }

    pub(super) fn refresh() -> Duration {
        Duration::from_mins(10)
    }

    pub(super) fn fetch_timeout() -> Duration {
        Duration::from_secs(5)
    }

    pub(super) fn cool_down() -> Duration {
        Duration::from_secs(30)
    }

    pub(super) fn max_stale() -> Duration {
        Duration::from_hours(24)
    }
}

/// The settings of issuers cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Two issuers have the same name.
    #[error("issuer {0:?} is configured twice")]
    Duplicate(String),
    /// A value of an issuer is invalid.
    #[error("issuer {issuer:?}: {key} {why}")]
    Invalid {
        /// The issuer.
        issuer: String,
        /// The key of the value.
        key: &'static str,
        /// What is wrong, as the end of a sentence that begins with the key.
        why: String,
    },
    /// A file of an issuer cannot be read or trusted.
    #[error("issuer {issuer:?}: {key}")]
    File {
        /// The issuer.
        issuer: String,
        /// The key that names the file.
        key: &'static str,
        /// Why.
        source: private_files::Error,
    },
    /// A file of keys has none that can be used.
    #[error("issuer {issuer:?}: keys_file {}", .path.display())]
    Keys {
        /// The issuer.
        issuer: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeySetError,
    },
    /// Something else in this process has given `jsonwebtoken` a provider of cryptography.
    #[error("another provider of cryptography is installed for jsonwebtoken")]
    OtherProvider,
}
