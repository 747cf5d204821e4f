//! A claimed idempotency key, for the duration of its request.

use std::fmt;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use uuid::Uuid;

use crate::idempotency::{IdempotencyKey, StoredResponse};
use crate::json::JsonText;
use crate::store::Store;
use crate::store::error::StoreError;

/// A third of the time after which a claim expires.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(10);

/// The right to run a request once. It renews itself while it is held. Dropped without an answer, it releases the key, so
/// that the next caller runs the request.
pub struct ClaimedKey {
    key_run: KeyRun,
    renewal: JoinHandle<()>,
    finished: bool,
}

#[derive(Clone)]
struct KeyRun {
    store: Store,
    caller: String,
    key: String,
    run: Uuid,
}

impl ClaimedKey {
    pub(super) fn new(store: Store, key: &IdempotencyKey, run: Uuid) -> Self {
        let key_run = KeyRun {
            store,
            caller: key.caller.clone(),
            key: key.key.clone(),
            run,
        };
        let renewed = key_run.clone();
        let renewal = tokio::spawn(async move {
            loop {
                sleep(RENEWAL_INTERVAL).await;
                if let Err(error) = renewed.renew().await {
                    tracing::warn!(%error, "cannot renew the claim of an idempotency key");
                }
            }
        });
        Self {
            key_run,
            renewal,
            finished: false,
        }
    }

    /// Stores the answer for repeated requests. Where the claim has passed to another caller, that one's answer counts.
    ///
    /// # Errors
    /// When the store fails; the claim then expires.
    pub async fn answer(mut self, answer: &StoredResponse) -> Result<(), StoreError> {
        self.finished = true;
        self.renewal.abort();
        self.key_run.answer(answer).await
    }

    /// Releases the key, so that the next caller runs the request.
    ///
    /// # Errors
    /// When the store fails; the claim then expires.
    pub async fn release(mut self) -> Result<(), StoreError> {
        self.finished = true;
        self.renewal.abort();
        self.key_run.release().await
    }
}

impl Drop for ClaimedKey {
    fn drop(&mut self) {
        self.renewal.abort();
        if self.finished {
            return;
        }
        let key_run = self.key_run.clone();
        // Without a runtime the process is ending, and the claim expires.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { key_run.release().await });
        }
    }
}

impl KeyRun {
    async fn renew(&self) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE control.idempotency_keys SET locked_until = now() + interval '30 seconds'
             WHERE caller = $1 AND key = $2 AND run = $3 AND locked_until IS NOT NULL",
            self.caller,
            self.key,
            self.run,
        )
        .execute(&self.store.pool)
        .await?;
        Ok(())
    }

    async fn answer(&self, answer: &StoredResponse) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE control.idempotency_keys SET locked_until = NULL, status = $4, headers = $5, body = $6
             WHERE caller = $1 AND key = $2 AND run = $3 AND locked_until IS NOT NULL",
            self.caller,
            self.key,
            self.run,
            i16::try_from(answer.status).unwrap_or(i16::MAX),
            JsonText::of(&answer.headers),
            answer.body,
        )
        .execute(&self.store.pool)
        .await?;
        Ok(())
    }

    async fn release(&self) -> Result<(), StoreError> {
        sqlx::query!(
            "DELETE FROM control.idempotency_keys
             WHERE caller = $1 AND key = $2 AND run = $3 AND locked_until IS NOT NULL",
            self.caller,
            self.key,
            self.run,
        )
        .execute(&self.store.pool)
        .await?;
        Ok(())
    }
}

impl fmt::Debug for ClaimedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimedKey")
            .field("run", &self.key_run.run)
            .finish_non_exhaustive()
    }
}
