//! `tenant_plane.listeners`: listeners of the tenant plane beside the one of its section, a list of tables.
//!
//! A key that a table does not set has the value of the same key in `[tenant_plane]`.

use std::collections::HashSet;

use figment::value::Dict;

use super::declare::Part;
use super::loader::Loader;
use super::rules;
use super::settings::TenantListenerSettings;
use super::tables::{Tables, problem, unknown};
use super::{Key, Origin};

/// Keys that each table sets itself.
const REQUIRED: [&str; 2] = ["name", "listen"];
/// Keys of which a table inherits both or none.
const CERTIFICATE: [&str; 2] = ["tls_cert_file", "tls_key_file"];
/// Keys that depend on each other.
const PROXIES: [&str; 2] = ["trusted_proxies", "proxy_protocol"];

/// Listeners beside the one of the section. In a file usually written as tables, `[[tenant_plane.listeners]]`.
///
/// The last field of its section: what a table inherits has to be loaded before.
pub(super) struct TenantListeners;

impl Part for TenantListeners {
    type Output = Vec<TenantListenerSettings>;

    fn load(section: &str, name: &str, loader: &mut Loader) -> Option<Self::Output> {
        let key = Key::new(section, name);
        let tables = loader.load::<Tables>(&key)?;
        let (_, origin) = loader.get(&key)?;
        let before = loader.problems.len();
        let mut names = HashSet::new();
        let listeners: Vec<_> = tables
            .into_iter()
            .enumerate()
            .map(|(index, table)| {
                let path = format!("{key}[{index}]");
                let listener = read(loader, section, &path, table, &origin)?;
                if !names.insert(listener.name.clone()) {
                    let twice = problem(
                        &format!("{path}.name"),
                        "is the name of another listener",
                        &origin,
                    );
                    loader.problems.push(twice);
                }
                Some(listener)
            })
            .collect();
        if loader.problems.len() > before {
            loader.refuse(&key, &origin);
            return None;
        }
        // Without a problem of its own a table lacks what its section lacks.
        listeners.into_iter().collect()
    }
}

/// The listener of a table. `None` after a problem has been reported, here or of an inherited key.
fn read(
    loader: &mut Loader,
    section: &str,
    path: &str,
    table: Dict,
    origin: &Origin,
) -> Option<TenantListenerSettings> {
    let known = keys(path, loader);
    let own: HashSet<String> = table.keys().cloned().collect();
    let sets = |names: &[&str]| names.iter().any(|name| own.contains(*name));
    for (name, value) in table {
        if let Some(key) = known.iter().find(|key| key.name == name) {
            loader.set(key, value, origin);
        } else {
            let names: Vec<&str> = known.iter().map(Key::name).collect();
            let path = format!("{path}.{}", name.escape_debug());
            loader.problems.push(problem(&path, &unknown(&names), origin));
        }
    }
    for key in known.iter().filter(|key| !own.contains(&key.name)) {
        let name = key.name.as_str();
        // The key of another certificate would be of no use.
        let is_pair = CERTIFICATE.contains(&name) && sets(&CERTIFICATE);
        match loader.get(&Key::new(section, name)) {
            _ if REQUIRED.contains(&name) => {
                loader.problems.push(problem(&key.to_string(), "missing", origin));
            }
            Some((value, inherited)) if !is_pair => loader.set(key, value, &inherited),
            _ => {}
        }
    }
    let before = loader.problems.len();
    let listener = TenantListenerSettings::load(path, "", loader);
    // The problem of an inherited value has been reported where it is set.
    let found = loader.problems.split_off(before);
    let of_its_own = |path: &String| {
        let mut set = known.iter().filter(|key| own.contains(&key.name));
        set.any(|key| key.to_string() == *path)
    };
    let found = found
        .into_iter()
        .filter(|problem| problem.key.as_ref().is_some_and(of_its_own));
    loader.problems.extend(found);
    if sets(&CERTIFICATE) {
        let [certificate, key] = CERTIFICATE;
        rules::together(loader, path, certificate, key);
    }
    if sets(&PROXIES) {
        rules::protocol_of_none(loader, path);
    }
    listener
}

/// The keys of a table, below its path.
fn keys(path: &str, loader: &Loader) -> Vec<Key> {
    let mut lister = Loader::new(loader.profile, loader.purpose);
    lister.lists_keys = true;
    TenantListenerSettings::load(path, "", &mut lister);
    lister.keys
}
