//! Purposes of loading: which keys they require, and which files of secrets they read.

use super::{Key, Profile};

/// What the configuration is loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The service: both clusters as `tenantry_service`, and the key ring.
    Serve,
    /// The migrations of both clusters.
    Migrate,
    /// The doctor: both clusters as `tenantry_service` unless another login is configured.
    Doctor,
    /// The control store alone, as `tenantry_service`.
    ControlStore,
    /// A session as a tenant: its password from the control store, opened with the key ring.
    TenantSession,
    /// A client of a running service, which requires none.
    Client,
}

impl Purpose {
    /// The keys without which it cannot run.
    pub(super) fn requires(self) -> &'static [&'static str] {
        match self {
            Self::Serve | Self::TenantSession => &[
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
            Self::Doctor => &Self::Serve.requires()[..4],
            Self::ControlStore => &Self::Serve.requires()[..2],
            Self::Client => &[],
        }
    }

    /// Whether it reads the file of this secret. A file that it does not use may be unreadable to its user.
    pub(super) fn reads(self, secret: &Key, profile: Profile) -> bool {
        match (secret.section(), secret.name()) {
            ("admin_plane", _) => matches!(self, Self::Serve | Self::Client),
            ("control_store", "service_password") => self != Self::Client,
            ("data_cluster", "service_password") => {
                matches!(
                    self,
                    Self::Serve | Self::Migrate | Self::Doctor | Self::TenantSession
                )
            }
            // The migrator's and the superuser's. In the dev profile the service migrates.
            _ => {
                matches!(self, Self::Migrate | Self::Doctor)
                    || (self == Self::Serve && profile == Profile::Dev)
            }
        }
    }
}

/// A required value that is missing where it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{path}: missing")]
pub struct Absent {
    /// The key.
    pub path: &'static str,
}

/// The value of an optional key that is required here; `path` is the key, for the error.
///
/// # Errors
/// [`Absent`] when it is `None`. [`load`](super::load()) with the right [`Purpose`] rules that out, except
/// for what the dev profile has to fill in.
pub fn present<'a, T>(value: Option<&'a T>, path: &'static str) -> Result<&'a T, Absent> {
    value.ok_or(Absent { path })
}
