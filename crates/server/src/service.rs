//! Lifecycle of the service: listen, serve, graceful shutdown in stages.

mod certificates;
mod free_port;
mod listeners;
mod retention;
mod signals;
mod upkeep;

use std::time::Duration;

use anyhow::bail;
use config::{PlaneLimits, Settings, ShutdownSettings};
use control_plane::Reconciler;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web::listen::{Limits, serve};
use web::middleware::RunAfterDisconnect;

use crate::app::App;

pub use listeners::{Listeners, ListeningBeside};
pub use signals::stop_on_signals;
use upkeep::Upkeep;

/// Drain timeout of the admin plane, which stops last.
const ADMIN_DRAIN: Duration = Duration::from_secs(2);

/// Pause between examinations while tenant isolation is broken.
const EXAMINE_AGAIN: Duration = Duration::from_mins(1);

/// Serves until `stopping`, then shuts down in stages, each with a deadline: the tenant plane drains, the registry
/// closes its pools, the admin plane with its probes drains last.
///
/// # Errors
/// When a plane's task panicked.
pub async fn run(
    app: App,
    listeners: Listeners,
    settings: &Settings,
    stopping: CancellationToken,
) -> anyhow::Result<()> {
    let App {
        tenant_plane,
        admin_plane,
        registry,
        budget,
        control_plane,
        examinations,
    } = app;
    let ShutdownSettings {
        http_deadline,
        registry_deadline,
    } = settings.shutdown;
    let reconciler = Reconciler::new(control_plane.clone());
    let until = stopping.clone();
    let reconciling = tokio::spawn(async move { until.run_until_cancelled(reconciler.run()).await });
    let upkeep = Upkeep::start(
        &registry,
        &control_plane,
        settings.registry.warm_up,
        settings.tenant_plane.max_key_staleness,
        &stopping,
    );
    // Repeats until no error is found, so that an operator's repair needs no restart.
    let examining = stopping
        .clone()
        .run_until_cancelled_owned(async move { examinations.until_sound(EXAMINE_AGAIN).await });
    tokio::spawn(examining);
    if !listeners.certificates.is_empty() {
        let watching = certificates::watch(listeners.certificates, listeners.reload);
        tokio::spawn(stopping.clone().run_until_cancelled_owned(watching));
    }
    retention::start(control_plane.store().clone(), settings.retention, &stopping);
    let admin_stop = CancellationToken::new();
    let admin_limits = limits(&settings.admin_plane.limits);
    let admin = tokio::spawn(serve(
        listeners.admin,
        // Each attempt is in the audit log.
        RunAfterDisconnect(admin_plane),
        admin_limits,
        admin_stop.clone(),
        ADMIN_DRAIN,
    ));
    stopping.run_until_cancelled(upkeep.keys_loaded()).await;
    let mut tenant = JoinSet::new();
    let bound = [listeners.tenant].into_iter().chain(listeners.beside);
    let handlers = bound.zip(tenant_plane);
    for ((listener, handler), settings) in handlers.zip(settings.tenant_plane.all_listeners()) {
        let (limits, stopping) = (limits(&settings.limits), stopping.clone());
        tenant.spawn(serve(listener, handler, limits, stopping, http_deadline));
    }
    let mut aborted = 0;
    while let Some(drained) = tenant.join_next().await {
        let Ok(drained) = drained else {
            bail!("the tenant plane's task panicked")
        };
        aborted += drained.aborted;
    }
    if aborted > 0 {
        tracing::warn!(
            connections = aborted,
            "shutdown.http_deadline passed; open connections aborted"
        );
    }
    upkeep.stop().await;
    // Running operations finish in their own tasks, or another replica resumes them.
    let _ = reconciling.await;
    let stats = registry.shutdown(registry_deadline).await;
    admin_stop.cancel();
    let admin = admin.await;
    if tokio::time::timeout(ADMIN_DRAIN, control_plane.close())
        .await
        .is_err()
    {
        tracing::warn!("connections to the control store are still in use at the end of the shutdown");
    }
    tracing::info!(
        pools_opened = stats.opened,
        pools_left_open = stats.open(),
        connections_left = budget.snapshot().ledger.used(),
        "stopped"
    );
    // Before a private PostgreSQL stops, which the budget would report as an outage.
    budget.shutdown().await;
    if admin.is_err() {
        bail!("the admin plane's task panicked");
    }
    Ok(())
}

fn limits(plane: &PlaneLimits) -> Limits {
    let defaults = Limits::default();
    Limits {
        connections: plane.max_connections,
        first_request: plane.first_request_timeout,
        header: plane.header_timeout,
        idle: plane.idle_timeout,
        streams: plane.max_h2_streams,
        // Not shorter than the deadlines that produce a response.
        exchange: defaults.exchange.max(plane.request_timeout + plane.body_timeout),
        ..defaults
    }
}
