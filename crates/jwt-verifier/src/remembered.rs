//! Cache of verified tokens, by their SHA-256.
//!
//! A remembered token is accepted without a signature check until it expires, for at most [`LONGEST`], and only while
//! its issuer's keys are the ones that verified it. So a removed key stops with the fetch that no longer has it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use ring::digest::{SHA256, digest};

use crate::identity::Identity;
use crate::issuer::Issuer;
use crate::keys::KeySet;

/// For how long a token is remembered.
const LONGEST: Duration = Duration::from_mins(1);

/// Bound of the cache, in bytes and roughly. A token without many scopes takes some 500.
const CAPACITY: u64 = 16 << 20;

/// The hash of a token.
pub(crate) type TokenHash = [u8; 32];

pub(crate) fn hash(token: &str) -> TokenHash {
    let hash = digest(&SHA256, token.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.as_ref());
    bytes
}

#[derive(Clone)]
struct Entry {
    identity: Arc<Identity>,
    issuer: Arc<Issuer>,
    /// The keys at that time.
    keys: Arc<KeySet>,
    /// Since the Unix epoch.
    until: Duration,
}

pub(crate) struct RememberedTokens {
    cache: Cache<TokenHash, Entry>,
}

impl Default for RememberedTokens {
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(CAPACITY)
            .weigher(|_, entry: &Entry| u32::try_from(400 + entry.identity.size()).unwrap_or(u32::MAX))
            // For the memory; `until` decides.
            .time_to_live(LONGEST)
            .build();
        Self { cache }
    }
}

impl RememberedTokens {
    /// The identity of a token that was verified a moment ago.
    pub(crate) fn get(&self, token: &TokenHash, now: Duration) -> Option<Arc<Identity>> {
        let entry = self.cache.get(token)?;
        let keys = entry.issuer.keys()?;
        (now < entry.until && Arc::ptr_eq(&keys, &entry.keys)).then_some(entry.identity)
    }

    /// Remembers a token that these keys verified.
    pub(crate) fn insert(
        &self,
        token: TokenHash,
        identity: Arc<Identity>,
        issuer: &Arc<Issuer>,
        keys: Arc<KeySet>,
        now: Duration,
    ) {
        let until = identity.expires_at.min(now + LONGEST);
        let issuer = Arc::clone(issuer);
        self.cache.insert(
            token,
            Entry {
                identity,
                issuer,
                keys,
                until,
            },
        );
    }
}

/// Without the callers' identities.
impl fmt::Debug for RememberedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RememberedTokens")
            .field("count", &self.cache.entry_count())
            .finish()
    }
}
