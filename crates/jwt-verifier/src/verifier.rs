//! Verification of tokens.

use std::collections::HashMap;
use std::sync::Arc;

use crate::clock::Clock;
use crate::identity::Identity;
use crate::issuer::Issuer;
use crate::key_set_status::KeySetStatus;
use crate::rejection::{Refusal, Rejection};
use crate::remembered::{self, RememberedTokens};
use crate::ring_provider;
use crate::settings::{IssuerSettings, SettingsError};
use crate::token::{MAX_TOKEN_BYTES, Selectors};

/// Verifies the tokens of its issuers. Dropping it ends the tasks that fetch key sets.
#[derive(Debug)]
pub struct Verifier {
    issuers: HashMap<Arc<str>, Arc<Issuer>>,
    remembered: RememberedTokens,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// Reads the issuers' files, and starts a task for each key set by URL. Needs a Tokio runtime.
    ///
    /// It does not wait for the first fetch: until that, tokens wait for about two seconds and then get
    /// [`Rejection::KeysUnavailable`].
    ///
    /// # Errors
    /// When the settings are invalid or a file cannot be used.
    pub fn new(issuers: Vec<IssuerSettings>, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        if !ring_provider::install() {
            return Err(SettingsError::OtherProvider);
        }
        let mut by_name = HashMap::with_capacity(issuers.len());
        for settings in issuers {
            let issuer = Arc::new(Issuer::new(settings, Arc::clone(&clock))?);
            if let Some(first) = by_name.insert(Arc::clone(&issuer.name), issuer) {
                return Err(SettingsError::Duplicate(first.name.to_string()));
            }
        }
        Ok(Self {
            issuers: by_name,
            remembered: RememberedTokens::default(),
            clock,
        })
    }

    /// Verifies a token, which is the text after `Bearer `.
    ///
    /// Takes microseconds for a token seen within the last minute, else some 50 to 200 µs of the CPU. Waits for at most
    /// two seconds, if the token's key is not known yet.
    ///
    /// # Errors
    /// When it is refused, or the issuer's keys are unavailable.
    pub async fn verify(&self, token: &str) -> Result<Arc<Identity>, Rejection> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLarge.into());
        }
        let hash = remembered::hash(token);
        if let Some(identity) = self.remembered.get(&hash, self.clock.unix_time()) {
            return Ok(identity);
        }
        let selectors = Selectors::read(token)?;
        let issuer = self
            .issuers
            .get(selectors.issuer.as_str())
            .ok_or(Refusal::Issuer)?;
        issuer.check_algorithm(selectors.algorithm)?;
        let keys = issuer.keys_for(&selectors).await?;
        // After the wait.
        let now = self.clock.unix_time();
        let identity = Arc::new(issuer.verify(token, &selectors, &keys, now)?);
        self.remembered
            .insert(hash, Arc::clone(&identity), issuer, keys, now);
        Ok(identity)
    }

    /// The configured issuer that a token claims as its own, for the log of a refusal. Nothing of the token is verified.
    pub fn claimed_issuer(&self, token: &str) -> Option<&Arc<str>> {
        let selectors = Selectors::read(token).ok()?;
        self.issuers
            .get(selectors.issuer.as_str())
            .map(|issuer| &issuer.name)
    }

    /// The state of each issuer's keys, in the order of the issuers' names.
    pub fn key_sets(&self) -> Vec<KeySetStatus> {
        let issuers = self.issuers.values();
        let mut key_sets: Vec<_> = issuers.map(|issuer| issuer.key_set(&*self.clock)).collect();
        key_sets.sort_by(|one, other| one.issuer.cmp(&other.issuer));
        key_sets
    }
}
