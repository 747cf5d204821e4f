//! Tokens of the store that were let in a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use control_plane::KnownToken;
use tokio::time::Instant;
use uuid::Uuid;

/// For so long a token is not looked up again.
const FRESH: Duration = Duration::from_secs(1);
/// For so long it counts while the store cannot be asked.
const KEPT: Duration = Duration::from_mins(1);
/// Only tokens that are let in take a place, so whoever makes tokens up fills none.
const MOST: usize = 1000;

/// Tokens by their hashes.
#[derive(Debug, Default)]
pub(super) struct KnownTokens(Mutex<HashMap<[u8; 32], Seen>>);

#[derive(Debug)]
struct Seen {
    token: KnownToken,
    /// Just before the store was asked.
    at: Instant,
}

impl Seen {
    fn holds(&self, age: Duration) -> bool {
        let passed = self.at.elapsed();
        passed < age && self.token.expires_in.is_none_or(|left| passed < left)
    }
}

impl KnownTokens {
    /// The token, if it was let in within the last second.
    pub(super) fn fresh(&self, sha256: &[u8; 32]) -> Option<KnownToken> {
        self.within(sha256, FRESH)
    }

    /// The token, if it was let in within the last minute.
    pub(super) fn kept(&self, sha256: &[u8; 32]) -> Option<KnownToken> {
        self.within(sha256, KEPT)
    }

    fn within(&self, sha256: &[u8; 32], age: Duration) -> Option<KnownToken> {
        let seen = self.lock();
        let seen = seen.get(sha256).filter(|seen| seen.holds(age))?;
        Some(seen.token.clone())
    }

    /// Notes that the store, asked at that moment, knows the token.
    pub(super) fn seen(&self, sha256: [u8; 32], token: KnownToken, at: Instant) {
        let mut all = self.lock();
        if all.len() >= MOST && !all.contains_key(&sha256) {
            all.retain(|_, seen| seen.holds(KEPT));
        }
        if all.len() < MOST || all.contains_key(&sha256) {
            all.insert(sha256, Seen { token, at });
        }
    }

    /// The store does not let it in any more.
    pub(super) fn remove(&self, sha256: &[u8; 32]) {
        self.lock().remove(sha256);
    }

    /// The token of this id has changed.
    pub(super) fn forget(&self, id: Uuid) {
        self.lock().retain(|_, seen| seen.token.id != id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Seen>> {
        // Each change is one call of the map's, so that it is whole also after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert_eq!(known.lock().len(), MOST);
        advance(KEPT).await;
        known.seen(hash(2000), token(None), Instant::now());
        assert_eq!(known.lock().len(), 1);
    }
}
