//! Which keys must not be missing, by what is to run.

use figment::value::Value;

use super::{Key, Problem, Profile, gather::Gathered};

/// What the configuration is loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The service: both clusters as `tenantry_service`, and the key ring.
    Serve,
    /// The migrations of both clusters.
    Migrate,
    /// The examination of both clusters, as `tenantry_service` unless another login is configured.
    Doctor,
    /// The control store alone, as `tenantry_service`.
    ControlStore,
    /// A client of a running service, which needs none.
    Client,
}

impl Purpose {
    /// The keys it needs.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Serve => &[
                "control_store.host",
                "control_store.service_password",
                "data_cluster.host",
                "data_cluster.service_password",
                "keys.ring_file",
            ],
            // The migrator makes the login tenantry_service, hence its password.
            Self::Migrate => &[
                "control_store.host",
                "control_store.service_password",
                "control_store.migrator_password",
                "data_cluster.host",
                "data_cluster.service_password",
                "data_cluster.migrator_password",
            ],
            Self::Doctor => &[
                "control_store.host",
                "control_store.service_password",
                "data_cluster.host",
                "data_cluster.service_password",
            ],
            Self::ControlStore => &["control_store.host", "control_store.service_password"],
            Self::Client => &[],
        }
    }
}

/// What `purpose` misses. The dev profile makes its own key ring and, unless told otherwise, its own
/// clusters.
pub(super) fn missing(gathered: &Gathered, purpose: Purpose) -> Vec<Problem> {
    let dev = gathered.profile == Profile::Dev;
    let own_clusters = match gathered.get_path("dev.private_postgres") {
        Some((Value::Bool(_, own), _)) => dev && own,
        _ => false,
    };
    purpose
        .needs()
        .iter()
        .filter(|path| {
            if path.starts_with("keys.") {
                !dev
            } else {
                !own_clusters
            }
        })
        .filter_map(|path| {
            let key = Key::find(path)?;
            gathered.get(key).is_none().then_some(Problem::Missing { key })
        })
        .collect()
}

/// A value that should have been there by the time it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{path}: missing")]
pub struct Absent {
    /// The key.
    pub path: &'static str,
}

/// The value of an optional key that is needed here; `path` is the key, for the error.
///
/// # Errors
/// [`Absent`] when it is `None`. [`load`](super::load) with the right [`Purpose`] rules that out, except
/// for what the dev profile has to fill in.
pub fn present<'a, T>(value: Option<&'a T>, path: &'static str) -> Result<&'a T, Absent> {
    value.ok_or(Absent { path })
}
