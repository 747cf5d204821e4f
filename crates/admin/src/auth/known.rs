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
const KEPT: Duration = Duration::from_mins(1);
/// Only valid tokens are cached, so made-up ones evict none.
const CAPACITY: u64 = 1000;

/// Tokens by their hashes. moka bounds the number and evicts old ones; their validity is measured on tokio's clock.
#[derive(Debug)]
pub(super) struct KnownTokens(Cache<[u8; 32], Seen>);

#[derive(Debug, Clone)]
struct Seen {
    token: KnownToken,
    /// The time just before the lookup.
    at: Instant,
}

impl Seen {
    fn holds(&self, age: Duration) -> bool {
        let passed = self.at.elapsed();
        passed < age && self.token.expires_in.is_none_or(|left| passed < left)
    }
}

impl Default for KnownTokens {
    fn default() -> Self {
        let tokens = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(KEPT);
        Self(tokens.build())
    }
}

impl KnownTokens {
    /// The token, if it was valid within the last second.
    pub(super) fn fresh(&self, sha256: &[u8; 32]) -> Option<KnownToken> {
        self.within(sha256, FRESH)
    }

    /// The token, if it was valid within the last minute.
    pub(super) fn kept(&self, sha256: &[u8; 32]) -> Option<KnownToken> {
        self.within(sha256, KEPT)
    }

    fn within(&self, sha256: &[u8; 32], age: Duration) -> Option<KnownToken> {
        let seen = self.0.get(sha256).filter(|seen| seen.holds(age))?;
        Some(seen.token)
    }

    /// Caches a token that the store knew at that time.
    pub(super) fn seen(&self, sha256: [u8; 32], token: KnownToken, at: Instant) {
        self.0.insert(sha256, Seen { token, at });
    }

    /// Removes a token that the store no longer accepts.
    pub(super) fn remove(&self, sha256: &[u8; 32]) {
        self.0.invalidate(sha256);
    }

    /// Removes the token of this id, which has changed.
    pub(super) fn forget(&self, id: Uuid) {
        for (sha256, seen) in &self.0 {
            if seen.token.id == id {
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
    async fn a_token_is_fresh_for_a_second_and_kept_for_a_minute() {
        let known = KnownTokens::default();
        let ops = token(None);
        known.seen([1; 32], ops.clone(), Instant::now());
        assert_eq!(known.fresh(&[1; 32]), Some(ops.clone()));
        assert_eq!(known.fresh(&[2; 32]), None);
        advance(FRESH).await;
        assert_eq!(known.fresh(&[1; 32]), None);
        assert_eq!(known.kept(&[1; 32]), Some(ops));
        advance(KEPT).await;
        assert_eq!(known.kept(&[1; 32]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn expiry_and_revocation_hold_also_for_what_is_remembered() {
        let known = KnownTokens::default();
        let short = token(Some(Duration::from_millis(300)));
        known.seen([1; 32], short, Instant::now());
        assert!(known.fresh(&[1; 32]).is_some());
        advance(Duration::from_millis(300)).await;
        assert!(known.fresh(&[1; 32]).is_none() && known.kept(&[1; 32]).is_none());

        let revoked = token(None);
        known.seen([2; 32], revoked.clone(), Instant::now());
        known.forget(revoked.id);
        assert!(known.kept(&[2; 32]).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_so_many_are_remembered() {
        let known = KnownTokens::default();
        let hash = |number: u16| {
            let mut hash = [0; 32];
            hash[..2].copy_from_slice(&number.to_be_bytes());
            hash
        };
        for number in 0..1500 {
            known.seen(hash(number), token(None), Instant::now());
        }
        known.0.run_pending_tasks();
        assert_eq!(known.0.entry_count(), CAPACITY);
        assert!(known.kept(&hash(0)).is_none() && known.kept(&hash(1499)).is_some());
        advance(KEPT).await;
        known.seen(hash(2000), token(None), Instant::now());
        let kept = (0..=2000)
            .filter(|number| known.kept(&hash(*number)).is_some())
            .count();
        assert_eq!(kept, 1);
    }
}
