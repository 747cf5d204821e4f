//! Idempotency keys: `control.idempotency_keys`.

pub(crate) mod claimed;

use uuid::Uuid;

use self::claimed::ClaimedKey;
use super::Store;
use super::error::StoreError;
use crate::idempotency::{IdempotencyKey, StoredResponse};
use crate::json::JsonText;

/// The result of a claim on a key.
#[derive(Debug)]
pub enum KeyClaim {
    /// The caller is to run the request.
    Run(ClaimedKey),
    /// The request was answered before.
    Answered(StoredResponse),
    /// The request is running elsewhere.
    Running,
    /// The key belongs to another request.
    Reused,
}

impl Store {
    /// Claims a key for one run of its request. Concurrent claims, on any replica, get [`KeyClaim::Running`]. A claim that
    /// is not renewed for 30 seconds, by the store's clock, passes to the next caller.
    ///
    /// # Errors
    /// When the store fails; the key may be claimed all the same, for that time.
    pub async fn claim_key(&self, key: &IdempotencyKey) -> Result<KeyClaim, StoreError> {
        // A waiting caller only reads, and writes once the key can be taken.
        if let Some(claim) = self.key_state(key).await? {
            return Ok(claim);
        }
        let run = Uuid::now_v7();
        let taken = sqlx::query!(
            "INSERT INTO control.idempotency_keys AS kept (caller, key, request, run, locked_until)
             VALUES ($1, $2, $3, $4, now() + interval '30 seconds')
             ON CONFLICT (caller, key) DO UPDATE SET run = excluded.run, locked_until = excluded.locked_until
                WHERE kept.locked_until < now() AND kept.request = excluded.request",
            key.caller,
            key.key,
            &key.request,
            run,
        )
        .execute(&self.pool)
        .await?;
        if taken.rows_affected() == 1 {
            return Ok(KeyClaim::Run(ClaimedKey::new(self.clone(), key, run)));
        }
        // Another caller was faster.
        Ok(self.key_state(key).await?.unwrap_or(KeyClaim::Running))
    }

    /// The state of the key; `None` if it can be taken.
    async fn key_state(&self, key: &IdempotencyKey) -> Result<Option<KeyClaim>, StoreError> {
        let row = sqlx::query!(
            r#"SELECT request, locked_until >= now() AS running, status, headers, body
             FROM control.idempotency_keys WHERE caller = $1 AND key = $2"#,
            key.caller,
            key.key,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.request != key.request {
            return Ok(Some(KeyClaim::Reused));
        }
        match row.running {
            Some(true) => return Ok(Some(KeyClaim::Running)),
            Some(false) => return Ok(None),
            None => {}
        }
        let invalid = || StoreError::Invalid("stored response");
        let headers = row.headers.as_ref().map(JsonText::as_str).unwrap_or_default();
        Ok(Some(KeyClaim::Answered(StoredResponse {
            status: row
                .status
                .and_then(|status| u16::try_from(status).ok())
                .ok_or_else(invalid)?,
            headers: serde_json::from_str(headers).map_err(|_| invalid())?,
            body: row.body.ok_or_else(invalid)?,
        })))
    }

    /// Deletes up to `most` keys that are older than `hours`, and returns their number. Safe to run in several replicas.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn trim_idempotency_keys(&self, hours: u32, most: u32) -> Result<u64, StoreError> {
        let trimmed = sqlx::query!(
            "DELETE FROM control.idempotency_keys WHERE (caller, key) IN (
                SELECT caller, key FROM control.idempotency_keys
                WHERE created_at < now() - make_interval(hours => $1)
                    AND (locked_until IS NULL OR locked_until < now())
                ORDER BY created_at
                LIMIT $2
                FOR UPDATE SKIP LOCKED
             )",
            i32::try_from(hours).unwrap_or(i32::MAX),
            i64::from(most),
        )
        .execute(&self.pool)
        .await?;
        Ok(trimmed.rows_affected())
    }
}
