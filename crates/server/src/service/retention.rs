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

/// Tables whose rows expire.
#[derive(Debug, Clone, Copy)]
enum Expiring {
    AuditLog,
    IdempotencyKeys,
    Operations,
}

impl Expiring {
    const ALL: [Self; 3] = [Self::AuditLog, Self::IdempotencyKeys, Self::Operations];
}

/// Trims now and every hour until `stopping`, in the background. Several replicas may do it at once.
pub(super) fn start(store: Store, settings: RetentionSettings, stopping: &CancellationToken) {
    let (retention, stopping) = (Retention { store, settings }, stopping.clone());
    tokio::spawn(async move { stopping.run_until_cancelled(retention.run()).await });
}

struct Retention {
    store: Store,
    settings: RetentionSettings,
}

impl Retention {
    async fn run(&self) {
        loop {
            for table in Expiring::ALL {
                match self.trim(table).await {
                    Ok(0) => {}
                    Ok(rows) => tracing::info!(?table, rows, "expired rows deleted"),
                    Err(error) => {
                        tracing::warn!(?table, %error, "cannot delete expired rows; retrying in an hour");
                    }
                }
            }
            sleep(EVERY).await;
        }
    }

    /// Deletes batches until one is not full.
    async fn trim(&self, table: Expiring) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let removed = self.batch(table).await?;
            all += removed;
            if removed < u64::from(BATCH) {
                return Ok(all);
            }
            sleep(PAUSE).await;
        }
    }

    async fn batch(&self, table: Expiring) -> Result<u64, StoreError> {
        let (store, settings) = (&self.store, self.settings);
        match table {
            Expiring::AuditLog => store.trim_audit_log(settings.audit_days, BATCH).await,
            Expiring::IdempotencyKeys => {
                store
                    .trim_idempotency_keys(settings.idempotency_hours, BATCH)
                    .await
            }
            Expiring::Operations => store.trim_operations(settings.operations_days, BATCH).await,
        }
    }
}
