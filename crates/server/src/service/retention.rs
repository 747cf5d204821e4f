//! Retention: deletion of expired rows of the control store, in small batches.

use std::time::Duration;

use config::RetentionSettings;
use control_plane::{Store, StoreError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Interval of the deletions.
const EVERY: Duration = Duration::from_hours(1);
/// Rows per statement: few enough to stay well within the store's `statement_timeout`.
const BATCH: u32 = 1000;
/// Pause between two batches, so that a backlog does not crowd out requests.
const PAUSE: Duration = Duration::from_millis(100);

/// Kinds of rows that expire.
#[derive(Debug, Clone, Copy)]
enum Kept {
    AuditLog,
    IdempotencyKeys,
    Operations,
}

impl Kept {
    const ALL: [Self; 3] = [Self::AuditLog, Self::IdempotencyKeys, Self::Operations];
}

/// Trims now and every hour until `stopping`, in the background. Several replicas may do it at once.
pub(super) fn start(store: Store, settings: RetentionSettings, stopping: &CancellationToken) {
    let (retention, stopping) = (Retention { store, settings }, stopping.clone());
    tokio::spawn(async move { stopping.run_until_cancelled(retention.go_on()).await });
}

struct Retention {
    store: Store,
    settings: RetentionSettings,
}

impl Retention {
    async fn go_on(&self) {
        loop {
            for kept in Kept::ALL {
                match self.trim(kept).await {
                    Ok(0) => {}
                    Ok(rows) => tracing::info!(from = ?kept, rows, "what was old is removed"),
                    // The next run retries.
                    Err(error) => tracing::warn!(from = ?kept, %error, "what is old could not be removed"),
                }
            }
            sleep(EVERY).await;
        }
    }

    /// Deletes batches until one is not full.
    async fn trim(&self, kept: Kept) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let removed = self.batch(kept).await?;
            all += removed;
            if removed < u64::from(BATCH) {
                return Ok(all);
            }
            sleep(PAUSE).await;
        }
    }

    async fn batch(&self, kept: Kept) -> Result<u64, StoreError> {
        let (store, settings) = (&self.store, self.settings);
        match kept {
            Kept::AuditLog => store.trim_audit_log(settings.audit_days, BATCH).await,
            Kept::IdempotencyKeys => {
                store
                    .trim_idempotency_keys(settings.idempotency_hours, BATCH)
                    .await
            }
            Kept::Operations => store.trim_operations(settings.operations_days, BATCH).await,
        }
    }
}
