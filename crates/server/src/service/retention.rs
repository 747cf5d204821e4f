//! The control store is trimmed: what is older than the configuration says goes, in small batches.

use std::time::Duration;

use control_plane::{Store, StoreError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::config::RetentionSettings;

/// How often.
const EVERY: Duration = Duration::from_hours(1);
/// Rows of one statement: few enough that it ends long before the store's `statement_timeout`.
const BATCH: u32 = 1000;
/// Between two batches, so that a long arrears does not crowd out requests.
const PAUSE: Duration = Duration::from_millis(100);

/// What grows old.
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
                    // The next time is soon enough.
                    Err(error) => tracing::warn!(from = ?kept, %error, "what is old could not be removed"),
                }
            }
            sleep(EVERY).await;
        }
    }

    /// Batch after batch until one is not full.
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
