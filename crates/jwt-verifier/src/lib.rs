//! Verification of JSON Web Tokens (JWT, RFC 7519) that name a tenant.
//!
//! An identity provider signs a token for a caller: who it is, for which service and until when. A [`Verifier`] accepts a
//! token if a configured issuer signed it for this service, and returns the [`Identity`] in it.
//!
//! ```
//! use std::sync::Arc;
//!
//! use jwt_verifier::{IssuerSettings, Rejection, SystemClock, Verifier};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("keys.pem");
//! # private_files::create_new(&path, include_bytes!("../tests/it/fixtures/ed.pub.pem"))?;
//! let mut issuer = IssuerSettings::new("https://login.example.com/", ["tenantry"]);
//! issuer.tenant_claim = "/app_metadata/tenant_id".parse()?;
//! issuer.keys_file = Some(path); // or `jwks_url`
//!
//! let verifier = Verifier::new(vec![issuer], Arc::new(SystemClock::default()))?;
//! match verifier.verify("eyJhbGciOiJub25lIn0.e30.").await {
//!     Ok(identity) => println!("a request of tenant {}", identity.tenant),
//!     // Answer 401. The reason is for the log.
//!     Err(Rejection::Refused(refusal)) => println!("refused: {}", refusal.reason()),
//!     // Answer 503.
//!     Err(Rejection::KeysUnavailable) => println!("try again later"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is checked
//!
//! | part | rule |
//! |---|---|
//! | form | at most 8 KiB; three parts of base64url without padding; JSON objects with unique names and at most 16 levels |
//! | header | `alg` is allowed for the issuer and fits the key; `typ` is `JWT` or `at+jwt`, or missing; no `crit`, `b64`, `zip`, `enc`, `jku`, `jwk`, `x5u` or `x5c` |
//! | `iss` | equals a configured issuer, whose keys alone verify the token |
//! | `aud` | names one of the issuer's audiences, as a string or in a list |
//! | `exp` | required, in the future |
//! | `nbf`, `iat` | not in the future |
//! | tenant | required, a hyphenated UUID at the configured [`ClaimPath`] |
//! | `sub`, scopes | may be missing |
//!
//! Times have a leeway of 0 to 5 s. The HMAC algorithms and `none` cannot be configured.
//!
//! # Keys
//!
//! An RSA key has 2048 to 8192 bits, an EC key is on P-256, an OKP key on Ed25519. A JWK's `use`, `key_ops` and `alg` are
//! respected. Of a set, keys that cannot be used are skipped, with a warning where they look like a mistake.
//!
//! A token's `kid` selects the key. A key without an id (as in PEM) is tried where no key has the token's `kid`. A token
//! without `kid` is accepted if one key fits. Where several keys fit, at most four are tried.
//!
//! A key set by URL is fetched at the start and every `refresh` (10 min):
//!
//! - A token with an unknown `kid` has it fetched at once and waits for two seconds at most. That happens once per
//!   `cool_down` (30 s), so that made-up tokens cannot load the issuer.
//! - While the URL fails, the keys are used for `max_stale` (24 h) after the last success. After that, and before the
//!   first success, tokens get [`Rejection::KeysUnavailable`].
//! - A key that the set no longer has is not accepted from the next fetch on. A new key under an old `kid`, or without
//!   one, is accepted from the next fetch on too: a wrong signature causes none.
//! - Redirects are not followed, and a proxy of the environment is not used. An answer has 256 KiB at most.
//!
//! # Cost
//!
//! A verified token is remembered by its SHA-256 for at most a minute, so that a busy caller costs one signature check a
//! minute. It is forgotten when it expires or its issuer's keys change.
//!
//! # Cryptography
//!
//! `jsonwebtoken` checks signature, algorithm, issuer and audience. Its own cryptography is either `aws-lc-rs`, which this
//! workspace bans for its C build, or `RustCrypto`, whose `rsa` has an open advisory (RUSTSEC-2023-0071, for private keys)
//! and which would be a second implementation of each algorithm. ring is in the service already, below TLS, so that a
//! small provider over ring serves here. It is installed for the process: nothing else in it may give `jsonwebtoken`
//! another one.

mod algorithm;
mod claim_path;
mod claims;
mod clock;
mod identity;
mod issuer;
mod json;
mod jwks;
mod key_set_status;
mod keys;
mod keys_file;
mod rejection;
mod remembered;
mod ring_provider;
mod settings;
mod token;
mod verifier;

pub use algorithm::Algorithm;
pub use claim_path::{ClaimPath, ClaimPathError};
pub use clock::{Clock, SystemClock};
pub use identity::Identity;
pub use key_set_status::{KeySetSource, KeySetStatus};
pub use keys::{KeySetError, Unusable};
pub use rejection::{Refusal, Rejection};
pub use settings::{IssuerSettings, MAX_LEEWAY, SettingsError};
pub use token::MAX_TOKEN_BYTES;
pub use verifier::Verifier;
