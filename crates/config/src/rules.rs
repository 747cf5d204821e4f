//! Rules between keys, and keys that are required.

use std::net::SocketAddr;

use super::declare::Kind as _;
use super::kinds::Amount;
use super::loader::Loader;
use super::tables::problem;
use super::{Key, Origin, Problem, Profile};

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
    protocol_of_none(loader, "tenant_plane");
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
pub(super) fn together(loader: &mut Loader, section: &str, one: &str, other: &str) {
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
pub(super) fn protocol_of_none(loader: &mut Loader, section: &str) -> Option<()> {
    let (key, proxies) = (
        Key::new(section, "proxy_protocol"),
        Key::new(section, "trusted_proxies"),
    );
    let (on, origin) = loader.get(&key)?;
    let (networks, _) = loader.get(&proxies)?;
    if on.to_bool() == Some(true) && networks.as_array().is_some_and(<[_]>::is_empty) {
        loader.invalid(&key, &origin, &format!("needs {proxies} beside it"));
    }
    None
}

/// Each listener has an address of its own.
fn same_listener(loader: &mut Loader) {
    let mut known: Vec<(String, SocketAddr, Origin)> = Vec::new();
    for (key, address, origin) in listeners(loader) {
        // Port 0 is another port each time.
        let same = known
            .iter()
            .find(|(_, other, _)| *other == address && address.port() != 0);
        if let Some((other, _, other_origin)) = same {
            let reason = format!("{address} is {other} already ({other_origin})");
            loader.problems.push(problem(&key, &reason, &origin));
        } else {
            known.push((key, address, origin));
        }
    }
}

/// The address of each listener that has a valid one, with its key and origin.
fn listeners(loader: &Loader) -> Vec<(String, SocketAddr, Origin)> {
    let count = Key::find("tenant_plane.listeners").and_then(|key| loader.get(key));
    let count = count.and_then(|(value, _)| value.as_array().map(<[_]>::len));
    let beside = (0..count.unwrap_or(0)).map(|index| format!("tenant_plane.listeners[{index}]"));
    let sections = ["tenant_plane".to_owned()].into_iter().chain(beside);
    let keys = sections
        .chain(["admin_plane".to_owned()])
        .map(|section| Key::new(&section, "listen"));
    let address = |key: Key| {
        let (value, origin) = loader.get(&key)?;
        Some((key.to_string(), value.as_str()?.parse().ok()?, origin))
    };
    keys.filter_map(address).collect()
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
