//! `control.idempotency_keys`

mod claimed;

use uuid::Uuid;

pub use claimed::ClaimedKey;

use super::{Store, StoreError};
use crate::idempotency::{IdempotencyKey, KeptAnswer};
use crate::json::JsonText;

/// What becomes of a request with a key.
#[derive(Debug)]
pub enum KeyClaim {
    /// It is to be run, by whoever has this.
    Run(ClaimedKey),
    /// It was answered before.
    Answered(KeptAnswer),
    /// It is being run elsewhere.
    Running,
    /// The key stands for another request.
    Reused,
}

impl Store {
    /// Claims a key, for one run of its request. Whoever claims it at the same time, on whatever replica, finds it
    /// running. A claim that is not renewed for 30 seconds, by the store's clock, passes to the next one who asks.
    ///
    /// # Errors
    /// When the store fails; the key may then be claimed all the same, for that time.
    pub async fn claim_key(&self, key: &IdempotencyKey) -> Result<KeyClaim, StoreError> {
        // Who waits looks, and writes only where there is something to take.
        if let Some(claim) = self.look(key).await? {
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
        // Somebody was faster.
        Ok(self.look(key).await?.unwrap_or(KeyClaim::Running))
    }

    /// How the key stands, unless it can be taken.
    async fn look(&self, key: &IdempotencyKey) -> Result<Option<KeyClaim>, StoreError> {
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
        let invalid = || StoreError::Invalid("kept answer");
        let headers = row.headers.as_ref().map(JsonText::as_str).unwrap_or_default();
        Ok(Some(KeyClaim::Answered(KeptAnswer {
            status: row
                .status
                .and_then(|status| u16::try_from(status).ok())
                .ok_or_else(invalid)?,
            headers: serde_json::from_str(headers).map_err(|_| invalid())?,
            body: row.body.ok_or_else(invalid)?,
        })))
    }

    /// Forgets up to `most` keys that are older than so many hours; returns how many. Several replicas may do it at
    /// once.
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
