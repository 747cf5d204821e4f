//! Cache of valid admin tokens.

use std::time::Duration;

use control_plane::KnownToken;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::time::Instant;
use uuid::Uuid;

/// Time for which a token is not looked up again.
const FRESH: Duration = Duration::from_secs(1);
/// Time for which a token stays valid while the store is down.
const MAX_AGE: Duration = Duration::from_mins(1);
/// Only valid tokens are cached, so made-up ones evict none.
const CAPACITY: u64 = 1000;

/// Tokens by their hashes. moka bounds the number and evicts old ones; their validity is measured on tokio's clock.
#[derive(Debug)]
pub(super) struct TokenCache(Cache<[u8; 32], CachedToken>);

#[derive(Debug, Clone)]
struct CachedToken {
    token: KnownToken,
    /// The time just before the lookup.
    at: Instant,
}

impl CachedToken {
    fn is_valid_within(&self, age: Duration) -> bool {
        let passed = self.at.elapsed();
        passed < age && self.token.expires_in.is_none_or(|left| passed < left)
    }
}

impl Default for TokenCache {
    fn default() -> Self {
        let tokens = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(MAX_AGE);
        Self(tokens.build())
    }
}

impl TokenCache {
    /// The token, if it was valid within the last second.
    pub(super) fn fresh(&self, sha256: &[u8; 32]) -> Option<KnownToken> {
        self.within(sha256, FRESH)
    }

    /// The token, if it was valid within the last minute.
    pub(super) fn cached(&self, sha256: &[u8; 32]) -> Option<KnownToken> {
        self.within(sha256, MAX_AGE)
    }

    fn within(&self, sha256: &[u8; 32], age: Duration) -> Option<KnownToken> {
        let cached = self.0.get(sha256).filter(|cached| cached.is_valid_within(age))?;
        Some(cached.token)
    }

    /// Caches a token that the store knew at that time.
    pub(super) fn insert(&self, sha256: [u8; 32], token: KnownToken, at: Instant) {
        self.0.insert(sha256, CachedToken { token, at });
    }

    /// Removes a token that the store no longer accepts.
    pub(super) fn remove(&self, sha256: &[u8; 32]) {
        self.0.invalidate(sha256);
    }

    /// Removes the token of this id, which has changed.
    pub(super) fn forget(&self, id: Uuid) {
        for (sha256, cached) in &self.0 {
            if cached.token.id == id {
                self.0.invalidate(&*sha256);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use control_plane::Role;
    use tokio::time::advance;

    use super::*;

    fn token(expires_in: Option<Duration>) -> KnownToken {
        KnownToken {
            id: Uuid::now_v7(),
            name: "ops".to_owned(),
            role: Role::Viewer,
            expires_in,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_fresh_for_a_second_and_cached_for_a_minute() {
        let cache = TokenCache::default();
        let ops = token(None);
        cache.insert([1; 32], ops.clone(), Instant::now());
        assert_eq!(cache.fresh(&[1; 32]), Some(ops.clone()));
        assert_eq!(cache.fresh(&[2; 32]), None);
        advance(FRESH).await;
        assert_eq!(cache.fresh(&[1; 32]), None);
        assert_eq!(cache.cached(&[1; 32]), Some(ops));
        advance(MAX_AGE).await;
        assert_eq!(cache.cached(&[1; 32]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cached_token_expires_and_can_be_removed() {
        let cache = TokenCache::default();
        let short = token(Some(Duration::from_millis(300)));
        cache.insert([1; 32], short, Instant::now());
        assert!(cache.fresh(&[1; 32]).is_some());
        advance(Duration::from_millis(300)).await;
        assert!(cache.fresh(&[1; 32]).is_none() && cache.cached(&[1; 32]).is_none());

        let revoked = token(None);
        cache.insert([2; 32], revoked.clone(), Instant::now());
        cache.forget(revoked.id);
        assert!(cache.cached(&[2; 32]).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_cache_is_bounded() {
        let cache = TokenCache::default();
        let hash = |number: u16| {
            let mut hash = [0; 32];
            hash[..2].copy_from_slice(&number.to_be_bytes());
            hash
        };
        for number in 0..1500 {
            cache.insert(hash(number), token(None), Instant::now());
        }
        cache.0.run_pending_tasks();
        assert_eq!(cache.0.entry_count(), CAPACITY);
        assert!(cache.cached(&hash(0)).is_none() && cache.cached(&hash(1499)).is_some());
        advance(MAX_AGE).await;
        cache.insert(hash(2000), token(None), Instant::now());
        let kept = (0..=2000)
            .filter(|number| cache.cached(&hash(*number)).is_some())
            .count();
        assert_eq!(kept, 1);
    }
}
