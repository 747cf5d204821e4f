//! A key while its request runs.

use std::fmt;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use uuid::Uuid;

use crate::idempotency::{IdempotencyKey, KeptAnswer};
use crate::json::JsonText;
use crate::store::{Store, StoreError};

/// A third of the time after which a claim passes on.
const RENEWED_EVERY: Duration = Duration::from_secs(10);

/// The right to run a request once. It is renewed for as long as it is held; dropped without an answer it is released,
/// so that the next one who asks runs the request.
pub struct ClaimedKey {
    held: Held,
    renewal: JoinHandle<()>,
    settled: bool,
}

#[derive(Clone)]
struct Held {
    store: Store,
    caller: String,
    key: String,
    run: Uuid,
}

impl ClaimedKey {
    pub(super) fn new(store: Store, key: &IdempotencyKey, run: Uuid) -> Self {
        let held = Held {
            store,
            caller: key.caller.clone(),
            key: key.key.clone(),
            run,
        };
        let renewed = held.clone();
        let renewal = tokio::spawn(async move {
            loop {
                sleep(RENEWED_EVERY).await;
                if let Err(error) = renewed.renew().await {
                    tracing::warn!(%error, "the lock of an idempotency key could not be renewed");
                }
            }
        });
        Self {
            held,
            renewal,
            settled: false,
        }
    }

    /// Keeps the answer, for all who send the request again. Where the claim has passed to another meanwhile, that one's
    /// answer counts.
    ///
    /// # Errors
    /// When the store fails; the claim then passes on after its time.
    pub async fn answer(mut self, answer: &KeptAnswer) -> Result<(), StoreError> {
        self.settled = true;
        self.renewal.abort();
        self.held.answer(answer).await
    }

    /// Lets the next one run the request.
    ///
    /// # Errors
    /// When the store fails; the claim then passes on after its time.
    pub async fn release(mut self) -> Result<(), StoreError> {
        self.settled = true;
        self.renewal.abort();
        self.held.release().await
    }
}

impl Drop for ClaimedKey {
    fn drop(&mut self) {
        self.renewal.abort();
        if self.settled {
            return;
        }
        let held = self.held.clone();
        // Without a runtime the process is ending, and the claim passes on after its time.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { held.release().await });
        }
    }
}

impl Held {
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

    async fn answer(&self, answer: &KeptAnswer) -> Result<(), StoreError> {
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
            .field("run", &self.held.run)
            .finish_non_exhaustive()
    }
}
