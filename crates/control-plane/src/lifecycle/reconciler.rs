//! The reconciler: resumes interrupted operations, and purges tenants after their grace period.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::operation_runner::OperationRunner;
use super::upkeep;
use crate::actor::Actor;
use crate::operation::OperationKind;
use crate::plane::ControlPlane;
use crate::store::error::StoreError;

/// The pause between two scans.
const SCAN_INTERVAL: Duration = Duration::from_secs(1);
/// Concurrent purges, and concurrent other operations. Few, since callers that wait for an operation run it themselves.
/// Purges are limited separately, so that long ones do not delay the others.
const CONCURRENT_PURGES: usize = 1;
const CONCURRENT_OTHERS: usize = 4;
/// The maximum of tenants or operations that one scan reads.
const SCAN_LIMIT: i64 = 32;

/// Runs every operation that no process works on, including those of killed processes. Each replica may run one.
#[derive(Clone)]
pub struct Reconciler {
    plane: ControlPlane,
}

impl Reconciler {
    /// A reconciler for this control plane.
    pub fn new(plane: ControlPlane) -> Self {
        Self { plane }
    }

    /// Runs until it is dropped.
    pub async fn run(self) {
        // Concurrently: the upkeep of ten thousand logins must not delay operations.
        tokio::join!(self.run_due(), Box::pin(upkeep::run(&self.plane)));
    }

    async fn run_due(&self) {
        let limits = ConcurrencyLimits {
            purges: Arc::new(Semaphore::new(CONCURRENT_PURGES)),
            others: Arc::new(Semaphore::new(CONCURRENT_OTHERS)),
        };
        let mut failing = false;
        loop {
            match self.scan(&limits).await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    tracing::warn!(%error, "cannot scan for interrupted operations");
                    failing = true;
                }
                Err(_) => {}
            }
            sleep(SCAN_INTERVAL).await;
        }
    }

    async fn scan(&self, limits: &ConcurrencyLimits) -> Result<(), StoreError> {
        let actor = Actor::service("reconciler");
        for tenant in self.plane.store.due_for_purge(SCAN_LIMIT).await? {
            match self.plane.store.begin_due_purge(&actor, tenant).await {
                Ok(true) => tracing::info!(%tenant, "grace period over; purging tenant"),
                Ok(false) => {}
                // One failure must not delay the other tenants.
                Err(error) => tracing::warn!(%tenant, %error, "cannot start purge"),
            }
        }
        for (operation, kind) in self.plane.store.due_operations(SCAN_LIMIT).await? {
            // Without a permit, the next scan finds the operation again.
            let Some(permit) = limits.try_acquire(kind) else {
                continue;
            };
            let runner = OperationRunner::new(&self.plane);
            tokio::spawn(async move {
                runner.run_if_due(operation).await;
                drop(permit);
            });
        }
        Ok(())
    }
}

/// Limits of concurrent operations.
struct ConcurrencyLimits {
    purges: Arc<Semaphore>,
    others: Arc<Semaphore>,
}

impl ConcurrencyLimits {
    fn try_acquire(&self, kind: OperationKind) -> Option<OwnedSemaphorePermit> {
        let semaphore = match kind {
            OperationKind::Purge => &self.purges,
            _ => &self.others,
        };
        Arc::clone(semaphore).try_acquire_owned().ok()
    }
}
