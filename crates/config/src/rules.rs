//! Rules between keys, and keys that are required.

use std::net::SocketAddr;

use super::declare::Kind as _;
use super::kinds::Amount;
use super::loader::Loader;
use super::{Key, Problem, Profile};

/// Reports every rule that the values break.
pub(super) fn check(loader: &mut Loader) {
    if loader.profile == Profile::Production {
        dev_in_production(loader);
    }
    for section in ["control_store", "data_cluster"] {
        unused_authority(loader, section);
        together(loader, section, "bootstrap_user", "bootstrap_password");
    }
    for section in ["tenant_plane", "admin_plane"] {
        together(loader, section, "tls_cert_file", "tls_key_file");
    }
    needs(loader, "admin_plane", "tls_client_ca_file", "tls_cert_file");
    protocol_of_none(loader);
    same_listener(loader);
    for (part, whole) in [
        ("registry.max_connections_per_tenant", "registry.max_connections"),
        ("registry.warm_up", "registry.max_resident"),
        ("watchdog.session_lock_percent", "watchdog.tenant_lock_percent"),
    ] {
        at_most(loader, part, whole);
    }
    required(loader);
}

fn dev_in_production(loader: &mut Loader) {
    for key in Key::all().iter().filter(|key| key.section == "dev") {
        if let Some((_, origin)) = loader.get(key) {
            loader.invalid(
                key,
                &origin,
                "is allowed in the dev profile only, and this is production",
            );
        }
    }
}

/// An authority that no TLS mode reads: who sets it believes that the server's certificate is verified.
fn unused_authority(loader: &mut Loader, section: &str) -> Option<()> {
    let key = Key::new(section, "tls_ca_file");
    let (_, origin) = loader.get(&key)?;
    let (mode, mode_origin) = loader.get(&Key::new(section, "tls"))?;
    let mode = mode.as_str().filter(|mode| !mode.starts_with("verify-"))?;
    let reason =
        format!("is read with tls = \"verify-ca\" or \"verify-full\", not with {mode:?} ({mode_origin})");
    loader.invalid(&key, &origin, &reason);
    None
}

/// Of two keys neither is of use alone.
fn together(loader: &mut Loader, section: &str, one: &str, other: &str) {
    needs(loader, section, one, other);
    needs(loader, section, other, one);
}

/// The first key is of no use without the second.
fn needs(loader: &mut Loader, section: &str, set: &str, unset: &str) -> Option<()> {
    let (set, unset) = (Key::new(section, set), Key::new(section, unset));
    let (_, origin) = loader.get(&set)?;
    if loader.get(&unset).is_none() {
        loader.invalid(&set, &origin, &format!("needs {unset} beside it"));
    }
    None
}

/// The PROXY protocol is read from trusted proxies alone.
fn protocol_of_none(loader: &mut Loader) -> Option<()> {
    let key = Key::find("tenant_plane.proxy_protocol")?;
    let (on, origin) = loader.get(key)?;
    let (proxies, _) = loader.get(Key::find("tenant_plane.trusted_proxies")?)?;
    if on.to_bool() == Some(true) && proxies.as_array().is_some_and(<[_]>::is_empty) {
        loader.invalid(key, &origin, "needs tenant_plane.trusted_proxies beside it");
    }
    None
}

fn same_listener(loader: &mut Loader) -> Option<()> {
    let key = Key::find("admin_plane.listen")?;
    let (admin, origin) = loader.get(key)?;
    let (tenant, tenant_origin) = loader.get(Key::find("tenant_plane.listen")?)?;
    let address = admin.as_str()?.parse::<SocketAddr>().ok()?;
    // Port 0 is another port each time.
    if tenant.as_str()?.parse() == Ok(address) && address.port() != 0 {
        let reason = format!("{address} is tenant_plane.listen already ({tenant_origin})");
        loader.invalid(key, &origin, &reason);
    }
    None
}

/// A part is at most the whole, where both are set and valid.
fn at_most(loader: &mut Loader, part: &str, whole: &str) -> Option<()> {
    let count = |key: &Key| {
        let (value, origin) = loader.get(key).filter(|_| !loader.is_refused(key))?;
        Some((Amount::check(&value).ok()?, origin))
    };
    let (part, whole) = (Key::find(part)?, Key::find(whole)?);
    let ((number, origin), (limit, limit_origin)) = (count(part)?, count(whole)?);
    if number > limit {
        let reason = format!("{number} is more than {whole}, which is {limit} ({limit_origin})");
        loader.invalid(part, &origin, &reason);
    }
    None
}

/// The dev profile makes its own key ring and, unless told otherwise, its own clusters.
fn required(loader: &mut Loader) {
    let dev = loader.profile == Profile::Dev;
    let private_postgres = Key::find("dev.private_postgres").and_then(|key| loader.get(key));
    let own_clusters = dev && private_postgres.is_some_and(|(value, _)| value.to_bool() == Some(true));
    for key in loader
        .purpose
        .requires()
        .iter()
        .filter_map(|path| Key::find(path))
    {
        let made = if key.section == "keys" { dev } else { own_clusters };
        if !made && loader.get(key).is_none() {
            loader.problems.push(Problem::missing(key));
        }
    }
}
