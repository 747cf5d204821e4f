//! The service's life: listen, serve, stop in two stages.

mod retention;
mod signals;
mod upkeep;

use std::io::ErrorKind;
use std::time::Duration;

use anyhow::bail;
use control_plane::Reconciler;
use tokio_util::sync::CancellationToken;
use web::listen::{Limits, Listener, serve};

use crate::app::App;
use crate::config::{PlaneLimits, Settings, ShutdownSettings};

pub use signals::stop_on_signals;
use upkeep::Upkeep;

/// How long the admin plane may take to answer its last requests, after all else has stopped.
const ADMIN_DRAIN: Duration = Duration::from_secs(2);

/// How long what keeps tenants apart may stay broken before it is examined again.
const EXAMINE_AGAIN: Duration = Duration::from_mins(1);

/// Both listeners, bound before anything slow is started, so that a taken port is known at once.
pub struct Listeners {
    tenant: Listener,
    admin: Listener,
}

impl Listeners {
    /// Binds both addresses.
    ///
    /// # Errors
    /// When an address cannot be had; the error names its key.
    pub fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let [(tenant_key, tenant), (admin_key, admin)] = settings.listeners();
        let bind = |key: &'static str, address| {
            Listener::bind(address).map_err(|error| {
                let advice = match error.source.kind() {
                    ErrorKind::AddrInUse => "free the port, or choose another",
                    _ => "choose an address of this machine and a port that may be listened on",
                };
                anyhow::Error::new(error).context(format!("{key}: {advice}"))
            })
        };
        Ok(Self {
            tenant: bind(tenant_key, tenant)?,
            admin: bind(admin_key, admin)?,
        })
    }

    /// Where the tenant plane listens.
    pub fn tenant(&self) -> std::net::SocketAddr {
        self.tenant.local_addr()
    }

    /// Where the admin plane listens.
    pub fn admin(&self) -> std::net::SocketAddr {
        self.admin.local_addr()
    }
}

/// Serves until `stopping`, with the upkeep beside it, then stops in this order: the tenant plane answers what it has begun and no more, the
/// registry closes its pools, the admin plane (with its probes) goes last. Each stage has its deadline.
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
    let upkeep = Upkeep::start(&registry, &control_plane, settings.registry.warm_up, &stopping);
    // Until it is sound: then an operator's DDL is enough, and no restart is needed.
    let examining = stopping
        .clone()
        .run_until_cancelled_owned(async move { examinations.until_sound(EXAMINE_AGAIN).await });
    tokio::spawn(examining);
    retention::start(control_plane.store().clone(), settings.retention, &stopping);
    let admin_stop = CancellationToken::new();
    let (tenant_limits, admin_limits) = (
        limits(&settings.tenant_plane.limits),
        Limits {
            // Each attempt is in the audit log.
            begin_for_the_gone: true,
            ..limits(&settings.admin_plane.limits)
        },
    );
    let admin = tokio::spawn(serve(
        listeners.admin,
        admin_plane,
        admin_limits,
        admin_stop.clone(),
        ADMIN_DRAIN,
    ));
    let tenant = tokio::spawn(serve(
        listeners.tenant,
        tenant_plane,
        tenant_limits,
        stopping,
        http_deadline,
    ));

    let Ok(drained) = tenant.await else {
        bail!("the tenant plane's task panicked")
    };
    if drained.aborted > 0 {
        tracing::warn!(connections = drained.aborted, "cut at shutdown.http_deadline");
    }
    upkeep.stop().await;
    // What it has begun goes on by itself, or is gone on with by another replica.
    let _ = reconciling.await;
    let stats = registry.shutdown(registry_deadline).await;
    admin_stop.cancel();
    let admin = admin.await;
    if tokio::time::timeout(ADMIN_DRAIN, control_plane.close())
        .await
        .is_err()
    {
        tracing::warn!("connections to the control store were still in use");
    }
    tracing::info!(
        pools_opened = stats.opened,
        pools_left_open = stats.open(),
        connections_left = budget.snapshot().ledger.used(),
        "stopped"
    );
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
        // Never before the deadlines that answer.
        exchange: defaults.exchange.max(plane.request_timeout + plane.body_timeout),
        ..defaults
    }
}
