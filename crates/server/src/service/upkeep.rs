//! Background tasks: applying changes of tenants, warming up pools, and recording active tenants for the next warm-up.

use std::time::Duration;

use api::TenantRegistry;
use control_plane::{ControlPlane, Store};
use futures_util::{Stream, StreamExt as _, stream};
use tenant_registry::Change;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Interval for recording active tenants. The store keeps one record per tenant in this time.
const EVERY: Duration = Duration::from_secs(30);
/// Time since its last use within which a tenant is active. Longer than the interval, since the registry's times are
/// accurate to some seconds only.
const ACTIVE: Duration = Duration::from_secs(40);
/// Concurrent openings of the warm-up: few, since each queries the control store.
const AT_ONCE: usize = 2;
/// Time limit for the last record, during shutdown.
const LAST_NOTE: Duration = Duration::from_secs(2);

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
        let (tell, heeded) = oneshot::channel();
        registry.follow(telling(control_plane.changes(), tell));
        let upkeep = Self {
            registry: registry.clone(),
            store: control_plane.store().clone(),
            warm_up,
        };
        if warm_up > 0 {
            let (beside, stopping) = (upkeep.clone(), stopping.clone());
            tokio::spawn(async move { stopping.run_until_cancelled(beside.go_on(heeded)).await });
        }
        upkeep
    }

    /// Records active tenants once more, for the next start. Call before the registry's shutdown.
    pub(super) async fn stop(self) {
        if self.warm_up > 0 && timeout(LAST_NOTE, self.note()).await.is_err() {
            tracing::warn!("the last note of active tenants was not taken in time");
        }
    }

    async fn go_on(&self, heeded: oneshot::Receiver<()>) {
        // The first change marks everything as possibly stale, which cancels openings.
        let _ = heeded.await;
        self.warm().await;
        loop {
            sleep(EVERY).await;
            self.note().await;
        }
    }

    /// Opens recently active tenants. A tenant that fails here is opened by its first request.
    async fn warm(&self) {
        match self.store.recently_active(self.warm_up).await {
            Ok(tenants) => {
                let warmed_up = self.registry.warm(tenants, AT_ONCE).await;
                let (opened, failed) = (warmed_up.opened, warmed_up.failed);
                tracing::info!(opened, failed, "tenants are warmed up");
            }
            Err(error) => tracing::warn!(%error, "no tenants are warmed up"),
        }
    }

    async fn note(&self) {
        let active = self.registry.recently_used(ACTIVE);
        if active.is_empty() {
            return;
        }
        if let Err(error) = self.store.mark_active(&active).await {
            tracing::warn!(%error, "it could not be noted which tenants are active");
        }
    }
}

/// Forwards the changes. Sends on `heeded` once the first change has been applied, which is when the stream is polled
/// for the second.
fn telling(
    changes: impl Stream<Item = Change> + Send + 'static,
    heeded: oneshot::Sender<()>,
) -> impl Stream<Item = Change> + Send + 'static {
    let mut changes = Box::pin(changes);
    let (mut heeded, mut given) = (Some(heeded), false);
    stream::poll_fn(move |context| {
        if given && let Some(heeded) = heeded.take() {
            // Without a warm-up the receiver is gone.
            let _ = heeded.send(());
        }
        let change = changes.poll_next_unpin(context);
        given |= change.is_ready();
        change
    })
}
