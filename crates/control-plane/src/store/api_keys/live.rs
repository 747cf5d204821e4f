//! Live API keys, for the index in memory, and when keys were last used.

use futures_util::Stream;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::api_key::ApiKeyScopes;
use crate::store::Store;
use crate::store::error::StoreError;

/// What the index has of a key.
pub(crate) struct LiveKeyRow {
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) sha256: Vec<u8>,
    pub(crate) read: bool,
    pub(crate) write: bool,
    /// In milliseconds since 1970; `None` for never.
    pub(crate) expires_at_ms: Option<i64>,
    /// Whether it is neither revoked nor expired.
    pub(crate) live: bool,
}

impl LiveKeyRow {
    /// Its scopes; `None` if it has none.
    pub(crate) fn scopes(&self) -> Option<ApiKeyScopes> {
        ApiKeyScopes::new(self.read, self.write)
    }
}

/// A query for these columns. The argument is the condition.
macro_rules! live_keys {
    ($which:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            LiveKeyRow,
            r#"SELECT id, tenant_id, sha256, 'read' = ANY(scopes) AS "read!", 'write' = ANY(scopes) AS "write!",
                -- Within what a number of milliseconds holds, whatever an operator has written.
                CASE WHEN expires_at IS NOT NULL THEN
                    (extract(epoch FROM greatest(least(expires_at, '9999-12-31 23:59:59Z'), '0001-01-01 00:00Z')) * 1000)::bigint
                END AS expires_at_ms,
                revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS "live!"
             FROM control.api_keys WHERE "# + $which
            $(, $argument)*
        )
    };
}

/// All live keys.
pub(crate) fn all<'e>(
    store: impl PgExecutor<'e> + 'e,
) -> impl Stream<Item = Result<LiveKeyRow, sqlx::Error>> + Send + 'e {
    live_keys!("revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())").fetch(store)
}

/// Those of these keys that exist.
pub(crate) async fn of(store: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<Vec<LiveKeyRow>, sqlx::Error> {
    live_keys!("id = ANY($1)", ids).fetch_all(store).await
}

/// The store's clock, in milliseconds since 1970.
pub(crate) async fn store_time(store: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "now!""#)
        .fetch_one(store)
        .await
}

impl Store {
    /// Records that these keys were used at these times, in milliseconds since 1970. A later time of another replica stays.
    pub(crate) async fn record_api_key_uses(&self, keys: &[Uuid], times: &[i64]) -> Result<(), StoreError> {
        // Locked in one order, since replicas record the same keys.
        sqlx::query!(
            "WITH uses AS (
                SELECT id, to_timestamp(ms / 1000.0) AS at FROM unnest($1::uuid[], $2::bigint[]) AS uses (id, ms)
             ), locked AS (
                SELECT id FROM control.api_keys WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE
             )
             UPDATE control.api_keys AS key SET last_used_at = uses.at
             FROM uses JOIN locked USING (id)
             WHERE key.id = uses.id AND (key.last_used_at IS NULL OR key.last_used_at < uses.at)",
            keys,
            times,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
