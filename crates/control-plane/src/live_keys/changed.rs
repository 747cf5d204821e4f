//! Changes of keys, applied to the index: those of this process, and keys that are read again.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::PgExecutor;
use time::OffsetDateTime;
use tokio::time::timeout;
use uuid::Uuid;

use super::LiveKeys;
use super::index::{KeyHash, LiveKey, LoadBegan};
use crate::api_key::{ApiKey, ApiKeySecret};
use crate::store::api_keys::live::{self, LiveKeyRow};

/// The time limit of reading a key over the pool.
const READ_TIMEOUT: Duration = Duration::from_secs(1);
/// The maximum of reads after a change. A load of all keys that begins meanwhile costs one.
const READS: usize = 3;

impl LiveKeys {
    /// Applies the creation of a key, which was committed: [`verify`](Self::verify) accepts it, with a listener or without.
    pub(crate) fn created(&self, key: &ApiKey, secret: &ApiKeySecret) {
        let expires_at = key.expires_at.map(|at| milliseconds(at.into()));
        let live = LiveKey::new(key.id, key.tenant.as_uuid(), expires_at, key.scopes);
        let hash = KeyHash::of(secret.expose());
        // A load that began since finds it. Otherwise nobody can have changed it, since nobody knows of it yet.
        let _ = self
            .0
            .index
            .begin_read()
            .apply(vec![(hash, live)], vec![], HashSet::new());
    }

    /// Applies a revocation, which was committed: it is final.
    pub(crate) fn revoked(&self, key: Uuid) {
        self.0.index.begin_read().restrict(key, i64::MIN);
    }

    /// Applies a change of when a key expires, which was committed. `store` is read, since the key may have been changed
    /// since. If it cannot be read, an earlier end is applied, and a later one is left to the listener.
    pub(crate) async fn expires(
        &self,
        store: impl PgExecutor<'_> + Copy,
        key: Uuid,
        expires_at: Option<OffsetDateTime>,
    ) {
        let since_commit = self.0.index.begin_read();
        for _ in 0..READS {
            match timeout(READ_TIMEOUT, self.read_again(store, HashSet::from([key]))).await {
                Ok(Ok(Ok(()))) => return,
                Ok(Ok(Err(LoadBegan))) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%key, %error, "cannot read a changed API key again");
                    break;
                }
                Err(_) => {
                    tracing::warn!(%key, "timed out reading a changed API key again");
                    break;
                }
            }
        }
        since_commit.restrict(key, expires_at.map_or(i64::MAX, milliseconds));
    }

    /// Reads these keys and applies what is found, unless a load of all keys began meanwhile.
    pub(super) async fn read_again(
        &self,
        store: impl PgExecutor<'_>,
        changed: HashSet<Uuid>,
    ) -> Result<Result<(), LoadBegan>, sqlx::Error> {
        let read = self.0.index.begin_read();
        let ids: Vec<Uuid> = changed.iter().copied().collect();
        let (mut live, mut ended, mut gone) = (Vec::new(), Vec::new(), changed);
        for row in live::of(store, &ids).await? {
            gone.remove(&row.id);
            if row.live {
                live.extend(live_key(&row));
            } else if let Some(hash) = KeyHash::stored(&row.sha256) {
                ended.push((hash, row.id));
            }
        }
        Ok(read.apply(live, ended, gone))
    }
}

/// A row as the index has it; `None` for one that the store's constraints do not allow.
pub(super) fn live_key(row: &LiveKeyRow) -> Option<(KeyHash, LiveKey)> {
    let key = LiveKey::new(row.id, row.tenant_id, row.expires_at_ms, row.scopes()?);
    Some((KeyHash::stored(&row.sha256)?, key))
}

/// Milliseconds since 1970, rounded down.
fn milliseconds(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}
