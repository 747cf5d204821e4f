//! Background tasks: applying changes of tenants and API keys, warming up pools, and recording active tenants for the next
//! warm-up and when keys were last used.

use std::time::Duration;

use api::TenantRegistry;
use control_plane::{ControlPlane, KeyUses, LiveKeys, LivePlans, Store};
use futures_util::future::OptionFuture;
use futures_util::{Stream, StreamExt as _, stream};
use tenant_registry::Change;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
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

/// Time for which the start waits until API keys and plans are known, so that the first requests are neither refused nor
/// without their limits.
const KEYS_LOADED: Duration = Duration::from_secs(2);

/// The background tasks.
pub(super) struct Upkeep {
    warm_up: WarmUp,
    keys: KeyUpkeep,
}

/// The tasks behind API keys and plans.
struct KeyUpkeep {
    live: LiveKeys,
    plans: LivePlans,
    following: JoinHandle<()>,
    /// Ends with the recorder when the service is to stop.
    uses: Option<JoinHandle<KeyUses>>,
}

#[derive(Clone)]
struct WarmUp {
    registry: TenantRegistry,
    store: Store,
    /// Number of pools to open after a start; 0 also disables recording.
    pools: u32,
}

impl Upkeep {
    /// Applies changes for the registry's lifetime, and runs the other tasks until `stopping`.
    pub(super) fn start(
        registry: &TenantRegistry,
        control_plane: &ControlPlane,
        warm_up: u32,
        max_key_staleness: Duration,
        stopping: &CancellationToken,
    ) -> Self {
        let (sender, first_applied) = oneshot::channel();
        registry.follow(signal_first_applied(control_plane.changes(), sender));
        let warm_up = WarmUp {
            registry: registry.clone(),
            store: control_plane.store().clone(),
            pools: warm_up,
        };
        if warm_up.pools > 0 {
            let (task, stopping) = (warm_up.clone(), stopping.clone());
            tokio::spawn(async move { stopping.run_until_cancelled(task.run(first_applied)).await });
        }
        Self {
            warm_up,
            keys: KeyUpkeep::start(control_plane, max_key_staleness, stopping),
        }
    }

    /// Waits until API keys and plans are known, but not for long: without the control store the plane serves the others,
    /// with the service's own limits alone.
    pub(super) async fn keys_loaded(&self) {
        let loaded = async { tokio::join!(self.keys.plans.loaded(), self.keys.live.loaded()) };
        if timeout(KEYS_LOADED, loaded).await.is_err() {
            tracing::warn!("API keys are not loaded yet: their callers get 503 until then");
        }
    }

    /// Records active tenants once more, for the next start, and the last uses of API keys. Call after the tenant plane has
    /// drained, and before the registry's shutdown.
    pub(super) async fn stop(self) {
        let record_active = async {
            if self.warm_up.pools > 0 {
                self.warm_up.record_active().await;
            }
        };
        let (uses, active) = tokio::join!(
            timeout(LAST_RECORD_TIMEOUT, self.keys.stop()),
            timeout(LAST_RECORD_TIMEOUT, record_active)
        );
        if uses.is_err() {
            tracing::warn!("timed out recording the last uses of API keys");
        }
        if active.is_err() {
            tracing::warn!("timed out recording active tenants; the next warm-up uses the record before");
        }
    }
}

impl KeyUpkeep {
    /// Follows the changes of keys and plans, and records uses of keys until `stopping`.
    fn start(control_plane: &ControlPlane, max_staleness: Duration, stopping: &CancellationToken) -> Self {
        let (following, stopping) = (control_plane.clone(), stopping.clone());
        Self {
            live: control_plane.live_keys().clone(),
            plans: control_plane.live_plans().clone(),
            following: tokio::spawn(async move { following.follow_keys_and_plans(max_staleness).await }),
            uses: control_plane.api_key_uses().map(|mut uses| {
                tokio::spawn(async move {
                    stopping.run_until_cancelled(uses.run()).await;
                    uses
                })
            }),
        }
    }

    /// Records the last uses.
    async fn stop(self) {
        // Before a private PostgreSQL stops, which it would report as an outage.
        self.following.abort();
        if let Some(Ok(mut uses)) = OptionFuture::from(self.uses).await {
            uses.flush().await;
        }
    }
}

impl WarmUp {
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
        match self.store.recently_active(self.pools).await {
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
