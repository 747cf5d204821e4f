//! Background tasks: applying changes of tenants, warming up pools, and recording active tenants for the next warm-up.

use std::time::Duration;

use api::TenantRegistry;
use control_plane::{ControlPlane, Store};
use futures_util::{Stream, StreamExt as _, stream};
use tenant_registry::Change;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Interval of recording active tenants. The store keeps one record per tenant in this time.
const INTERVAL: Duration = Duration::from_secs(30);
/// Time since its last use within which a tenant is active. Longer than the interval, since the registry's times are
/// accurate to some seconds only.
const ACTIVE_WITHIN: Duration = Duration::from_secs(40);
/// Concurrent openings of the warm-up: few, since each queries the control store.
const CONCURRENT_OPENINGS: usize = 2;
/// Time limit for the last record, during shutdown.
const LAST_RECORD_TIMEOUT: Duration = Duration::from_secs(2);

/// The background tasks.
#[derive(Clone)]
pub(super) struct Upkeep {
    registry: TenantRegistry,
    store: Store,
    /// Number of pools to open after a start; 0 also disables recording.
    warm_up: u32,
}

impl Upkeep {
    /// Applies changes for the registry's lifetime, and runs the other tasks until `stopping`.
    pub(super) fn start(
        registry: &TenantRegistry,
        control_plane: &ControlPlane,
        warm_up: u32,
        stopping: &CancellationToken,
    ) -> Self {
        let (sender, first_applied) = oneshot::channel();
        registry.follow(signal_first_applied(control_plane.changes(), sender));
        let upkeep = Self {
            registry: registry.clone(),
            store: control_plane.store().clone(),
            warm_up,
        };
        if warm_up > 0 {
            let (task, stopping) = (upkeep.clone(), stopping.clone());
            tokio::spawn(async move { stopping.run_until_cancelled(task.run(first_applied)).await });
        }
        upkeep
    }

    /// Records active tenants once more, for the next start. Call before the registry's shutdown.
    pub(super) async fn stop(self) {
        if self.warm_up > 0 && timeout(LAST_RECORD_TIMEOUT, self.record_active()).await.is_err() {
            tracing::warn!("timed out recording active tenants; the next warm-up uses the record before");
        }
    }

    /// Warms up pools, then records active tenants at an interval.
    async fn run(&self, first_applied: oneshot::Receiver<()>) {
        // The first change marks everything as possibly stale, which cancels openings.
        let _ = first_applied.await;
        self.warm().await;
        loop {
            sleep(INTERVAL).await;
            self.record_active().await;
        }
    }

    /// Opens recently active tenants. A tenant that fails here is opened by its first request.
    async fn warm(&self) {
        match self.store.recently_active(self.warm_up).await {
            Ok(tenants) => {
                let warmed_up = self.registry.warm(tenants, CONCURRENT_OPENINGS).await;
                let (opened, failed) = (warmed_up.opened, warmed_up.failed);
                tracing::info!(opened, failed, "warmed up pools");
            }
            Err(error) => tracing::warn!(%error, "cannot read recently active tenants; no pool is warmed up"),
        }
    }

    async fn record_active(&self) {
        let active = self.registry.recently_used(ACTIVE_WITHIN);
        if active.is_empty() {
            return;
        }
        if let Err(error) = self.store.mark_active(&active).await {
            tracing::warn!(%error, "cannot record active tenants");
        }
    }
}

/// Forwards the changes. Sends on `first_applied` when the stream is polled for the second change, which is after the
/// first one has been applied.
fn signal_first_applied(
    changes: impl Stream<Item = Change> + Send + 'static,
    first_applied: oneshot::Sender<()>,
) -> impl Stream<Item = Change> + Send + 'static {
    let mut changes = Box::pin(changes);
    let (mut first_applied, mut forwarded) = (Some(first_applied), false);
    stream::poll_fn(move |context| {
        if forwarded && let Some(first_applied) = first_applied.take() {
            // Without a warm-up the receiver is gone.
            let _ = first_applied.send(());
        }
        let change = changes.poll_next_unpin(context);
        forwarded |= change.is_ready();
        change
    })
}
