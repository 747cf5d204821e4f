//! Listeners of both planes, bound before any slow start-up work, so that a port in use is reported at once.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use config::{Key, Settings, Way};
use tokio::sync::Notify;
use web::listen::{BindError, Listener};

use super::certificates::Certificate;
use super::free_port;
use crate::dev::{RunFile, StartMarker};
use crate::tenant_plane::log_names;
use crate::tls::TlsFiles;

/// The bound listeners.
pub struct Listeners {
    /// The one at `tenant_plane.listen`.
    pub(super) tenant: Listener,
    /// Those of `tenant_plane.listeners`, in their order.
    pub(super) beside: Vec<Listener>,
    pub(super) admin: Listener,
    pub(super) certificates: Vec<Certificate>,
    pub(super) reload: Arc<Notify>,
}

/// A listener of `tenant_plane.listeners` that is bound.
#[derive(Debug, Clone)]
pub struct ListeningBeside {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: SocketAddr,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// The ways that it opens, by commas.
    pub opens: String,
}

/// The key of an address, and the listener there or an error.
type Bound = (String, Result<Listener, BindError>);

impl Listeners {
    /// Binds all addresses, and reads the certificates of the listeners that speak TLS.
    ///
    /// # Errors
    /// When an address cannot be bound, or a certificate cannot be used. The error names its key, and for a port that is
    /// taken in the dev profile the service that runs or starts in the same folder, or else a command with free ports.
    pub fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let mut bound = bind_all(settings)?.into_iter();
        let (Some(tenant), Some(admin)) = (bound.next(), bound.next_back()) else {
            bail!("no listener is configured")
        };
        let all = settings.tenant_plane.all_listeners();
        let mut described = all.iter().zip(log_names(&all));
        let mut certificates = Vec::new();
        let mut complete = |bound: Listener, section: String| {
            let Some((listener, name)) = described.next() else {
                return Ok(bound);
            };
            let mut bound = bound.of_plane("tenant").named(name);
            if listener.proxy_protocol {
                bound = bound.with_proxy_protocol(listener.trusted_proxies.iter().copied());
            }
            secured(
                bound,
                TlsFiles::new(section, &listener.tls, None),
                &mut certificates,
            )
        };
        let tenant = complete(tenant, "tenant_plane".to_owned())?;
        let beside: anyhow::Result<Vec<_>> = bound
            .enumerate()
            .map(|(index, bound)| complete(bound, format!("tenant_plane.listeners[{index}]")))
            .collect();
        let beside = beside?;
        let operators = &settings.admin_plane;
        let authorities = operators.tls_client_ca_file.as_ref();
        let files = TlsFiles::new("admin_plane".to_owned(), &operators.tls, authorities);
        Ok(Self {
            tenant,
            beside,
            admin: secured(admin.of_plane("admin"), files, &mut certificates)?,
            certificates,
            reload: Arc::default(),
        })
    }

    /// Asks for the certificates to be read again. `None` where no listener has one.
    pub fn reload(&self) -> Option<Arc<Notify>> {
        (!self.certificates.is_empty()).then(|| Arc::clone(&self.reload))
    }

    /// Address of the tenant plane, at its first listener.
    pub fn tenant(&self) -> SocketAddr {
        self.tenant.local_addr()
    }

    /// The tenant plane's listeners beside the first, which these settings configure.
    pub fn beside(&self, settings: &Settings) -> Vec<ListeningBeside> {
        let listeners = settings.tenant_plane.listeners.iter();
        let bound = self.beside.iter().map(Listener::local_addr);
        let shown = listeners.zip(bound).map(|(listener, address)| {
            let ways: Vec<_> = listener.opens.iter().copied().map(Way::name).collect();
            ListeningBeside {
                name: listener.name.clone(),
                address,
                tls: listener.tls.tls_cert_file.is_some(),
                opens: ways.join(", "),
            }
        });
        shown.collect()
    }

    /// Address of the admin plane.
    pub fn admin(&self) -> SocketAddr {
        self.admin.local_addr()
    }
}

/// All listeners, in the order of [`Settings::listeners`].
fn bind_all(settings: &Settings) -> anyhow::Result<Vec<Listener>> {
    let addresses = settings.listeners().into_iter();
    let bound: Vec<Bound> = addresses
        .map(|(key, address)| (key, Listener::bind(address)))
        .collect();
    let in_use = advice(settings, &bound);
    let named = |(key, bound): Bound| {
        bound.map_err(|error| {
            let advice = match &in_use {
                Some(advice) if is_in_use(&error) => advice.as_str(),
                _ => "choose an address of this machine and a port that may be listened on",
            };
            anyhow!("{key}: {error}: {}; {advice}", error.source)
        })
    };
    bound.into_iter().map(named).collect()
}

fn is_in_use(error: &BindError) -> bool {
    error.source.kind() == ErrorKind::AddrInUse
}

/// What to do about ports that are in use. `None` if none is.
fn advice(settings: &Settings, bound: &[Bound]) -> Option<String> {
    let taken = bound.iter().filter_map(|(key, bound)| {
        let error = bound.as_ref().err().filter(|error| is_in_use(error))?;
        Some((key.as_str(), error.address))
    });
    let taken: Vec<(&str, SocketAddr)> = taken.collect();
    if taken.is_empty() {
        return None;
    }
    let dev = settings.dev.as_ref();
    if let Some(running) = dev.and_then(|dev| RunFile::running(&dev.state_dir)) {
        // Other ports would not help: a folder has one private PostgreSQL, which one service owns.
        return Some(format!(
            "a service runs in this folder already, on {} and {}: stop it, or start this one in another folder",
            running.tenant_plane, running.admin_plane
        ));
    }
    if let Some(process) = dev.and_then(|dev| StartMarker::process(&dev.state_dir)) {
        return Some(format!(
            "a service is starting in this folder already (process {process}): wait for it, or stop it"
        ));
    }
    // No flag sets a key of a table in a list.
    let are_keys = taken.iter().all(|(key, _)| Key::find(key).is_some());
    let command = dev.filter(|_| are_keys).and_then(|_| free_port::command(taken));
    Some(match command {
        Some(command) => format!("free the port, or run `{command}`"),
        None => "free the port, or choose another".to_owned(),
    })
}

/// The listener with its certificate, if it has one.
fn secured(
    listener: Listener,
    files: Option<TlsFiles>,
    certificates: &mut Vec<Certificate>,
) -> anyhow::Result<Listener> {
    let Some(files) = files else {
        return Ok(listener);
    };
    let certificate = Certificate::load(files).map_err(|error| {
        let key = error.key();
        anyhow::Error::new(error.cause).context(key)
    })?;
    let listener = listener.with_tls(certificate.tls());
    certificates.push(certificate);
    Ok(listener)
}
