//! Lifecycle of the service: listen, serve, graceful shutdown in stages.

mod certificates;
mod free_port;
mod retention;
mod signals;
mod upkeep;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use config::{PlaneLimits, Settings, ShutdownSettings};
use control_plane::Reconciler;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use web::listen::{BindError, Limits, Listener, serve};
use web::middleware::RunAfterDisconnect;

use crate::app::App;
use crate::dev::RunFile;
use crate::tls::TlsFiles;

use certificates::Certificate;
pub use signals::stop_on_signals;
use upkeep::Upkeep;

/// Drain timeout of the admin plane, which stops last.
const ADMIN_DRAIN: Duration = Duration::from_secs(2);

/// Pause between examinations while tenant isolation is broken.
const EXAMINE_AGAIN: Duration = Duration::from_mins(1);

/// Both listeners. Bound before any slow start-up work, so that a port in use is reported at once.
pub struct Listeners {
    tenant: Listener,
    admin: Listener,
    certificates: Vec<Certificate>,
    reload: Arc<Notify>,
}

impl Listeners {
    /// Binds both addresses, and reads the certificates of those that speak TLS.
    ///
    /// # Errors
    /// When an address cannot be bound, or a certificate cannot be used. The error names its key, and for a port that is
    /// taken in the dev profile the service that runs in the same folder, or else a command with free ports.
    pub fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let [tenant, admin] = settings.listeners().map(|(key, address)| {
            let bound = Listener::bind(address);
            (key, bound)
        });
        let taken = [&tenant, &admin].into_iter().filter_map(|(key, bound)| {
            let error = bound.as_ref().err()?;
            (error.source.kind() == ErrorKind::AddrInUse).then_some((*key, error.address))
        });
        let command = settings.dev.as_ref().and_then(|_| free_port::command(taken));
        let dev = settings.dev.as_ref();
        let in_use = || match (dev.and_then(|dev| RunFile::running(&dev.state_dir)), &command) {
            // Other ports would not help: a folder has one private PostgreSQL, which one service owns.
            (Some(running), _) => format!(
                "a service runs in this folder already, on {} and {}: stop it, or start this one in another folder",
                running.tenant_plane, running.admin_plane
            ),
            (None, Some(command)) => format!("free the port, or run `{command}`"),
            (None, None) => "free the port, or choose another".to_owned(),
        };
        let result = |(key, bound): (&'static str, Result<Listener, BindError>)| {
            bound.map_err(|error| {
                let advice = if error.source.kind() == ErrorKind::AddrInUse {
                    in_use()
                } else {
                    "choose an address of this machine and a port that may be listened on".to_owned()
                };
                anyhow!("{key}: {error}: {}; {advice}", error.source)
            })
        };
        let mut certificates = Vec::new();
        let mut secured = |listener: Listener, files: Option<TlsFiles>| {
            let Some(files) = files else {
                return Ok(listener);
            };
            let certificate = Certificate::load(files).map_err(|error| {
                let key = error.key();
                anyhow::Error::new(error.cause).context(key)
            })?;
            let listener = listener.with_tls(certificate.tls());
            certificates.push(certificate);
            anyhow::Ok(listener)
        };
        let [tenant_files, admin_files] = TlsFiles::of(settings);
        Ok(Self {
            tenant: secured(
                proxied(result(tenant)?.of_plane("tenant"), settings),
                tenant_files,
            )?,
            admin: secured(result(admin)?.of_plane("admin"), admin_files)?,
            certificates,
            reload: Arc::default(),
        })
    }

    /// Asks for the certificates to be read again. `None` where no listener has one.
    pub fn reload(&self) -> Option<Arc<Notify>> {
        (!self.certificates.is_empty()).then(|| Arc::clone(&self.reload))
    }

    /// Address of the tenant plane.
    pub fn tenant(&self) -> std::net::SocketAddr {
        self.tenant.local_addr()
    }

    /// Address of the admin plane.
    pub fn admin(&self) -> std::net::SocketAddr {
        self.admin.local_addr()
    }
}

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
    let (tenant_limits, admin_limits) = (
        limits(&settings.tenant_plane.limits),
        limits(&settings.admin_plane.limits),
    );
    let admin = tokio::spawn(serve(
        listeners.admin,
        // Each attempt is in the audit log.
        RunAfterDisconnect(admin_plane),
        admin_limits,
        admin_stop.clone(),
        ADMIN_DRAIN,
    ));
    stopping.run_until_cancelled(upkeep.keys_loaded()).await;
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
        tracing::warn!(
            connections = drained.aborted,
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

/// Has trusted proxies of the tenant plane speak the PROXY protocol, if they do.
fn proxied(listener: Listener, settings: &Settings) -> Listener {
    let tenant = &settings.tenant_plane;
    if tenant.proxy_protocol {
        listener.with_proxy_protocol(tenant.trusted_proxies.iter().copied())
    } else {
        listener
    }
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
