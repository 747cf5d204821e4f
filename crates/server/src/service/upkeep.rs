//! What goes on beside the requests: changes of tenants are followed, and where tenants are warmed up, it is noted who
//! is active.

use std::time::Duration;

use api::TenantRegistry;
use control_plane::{ControlPlane, Store};
use futures_util::{Stream, StreamExt as _, stream};
use tenant_registry::Change;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often it is noted which tenants are active. The store keeps one note for a tenant in this time.
const EVERY: Duration = Duration::from_secs(30);
/// Who was used within this time is active: longer than the pause between two notes, since the registry knows it only
/// to within some seconds.
const ACTIVE: Duration = Duration::from_secs(40);
/// Pools that are opened at once ahead of their requests: few, since each is a query to the control store.
const AT_ONCE: usize = 2;
/// How long the last note may take, while the service stops.
const LAST_NOTE: Duration = Duration::from_secs(2);

/// What needs to be done beside the requests.
#[derive(Clone)]
pub(super) struct Upkeep {
    registry: TenantRegistry,
    store: Store,
    /// How many tenants are opened after a start; with none, nobody needs a note either.
    warm_up: u32,
}

impl Upkeep {
    /// Follows the changes from now on, as long as there is the registry, and does the rest until `stopping`.
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

    /// Notes once more who was active, for the next start. The registry must not be shut down yet.
    pub(super) async fn stop(self) {
        if self.warm_up > 0 && timeout(LAST_NOTE, self.note()).await.is_err() {
            tracing::warn!("the last note of active tenants was not taken in time");
        }
    }

    async fn go_on(&self, heeded: oneshot::Receiver<()>) {
        // The first change is that all may be old, and gives up what is being opened.
        let _ = heeded.await;
        self.warm().await;
        loop {
            sleep(EVERY).await;
            self.note().await;
        }
    }

    /// Nobody waits for it: what fails here is opened by its first request.
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

/// The same changes. Tells when the first of them has been heeded, which is when the second is asked for.
fn telling(
    changes: impl Stream<Item = Change> + Send + 'static,
    heeded: oneshot::Sender<()>,
) -> impl Stream<Item = Change> + Send + 'static {
    let mut changes = Box::pin(changes);
    let (mut heeded, mut given) = (Some(heeded), false);
    stream::poll_fn(move |context| {
        if given && let Some(heeded) = heeded.take() {
            // Where nobody is warmed up, nobody waits for it.
            let _ = heeded.send(());
        }
        let change = changes.poll_next_unpin(context);
        given |= change.is_ready();
        change
    })
}
