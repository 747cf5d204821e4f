//! The tenants' pools.

use std::time::Duration;

use serde::Deserialize;

/// `[registry]`: the tenants' pools.
#[derive(Debug, Clone, Deserialize)]
pub struct RegistrySettings {
    /// Tenants with an open pool at one time.
    pub max_resident: u64,
    /// Without a request for so long, a pool closes.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
    /// Connections of all tenants together; `None` for what the data cluster allows.
    pub max_connections: Option<u32>,
    /// Connections of the data cluster that are left to others; `None` for what the service uses there and some for
    /// operators.
    pub reserved_connections: Option<u32>,
    /// Connections of one tenant.
    pub max_connections_per_tenant: u32,
    /// Processes that serve tenants at once.
    pub instances: u32,
    /// How long a request waits for a connection.
    #[serde(with = "humantime_serde")]
    pub acquire_timeout: Duration,
    /// How long a connection whose user has gone may take to be clean again.
    #[serde(with = "humantime_serde")]
    pub clean_up_timeout: Duration,
    /// Unused for so long, a connection closes.
    #[serde(with = "humantime_serde")]
    pub connection_idle_timeout: Duration,
    /// At this age a connection closes.
    #[serde(with = "humantime_serde")]
    pub max_connection_lifetime: Duration,
    /// PostgreSQL's `statement_timeout`.
    #[serde(with = "humantime_serde")]
    pub statement_timeout: Duration,
    /// PostgreSQL's `lock_timeout`.
    #[serde(with = "humantime_serde")]
    pub lock_timeout: Duration,
    /// PostgreSQL's `idle_in_transaction_session_timeout`.
    #[serde(with = "humantime_serde")]
    pub idle_in_transaction_timeout: Duration,
    /// How long an evicted pool waits for its last lease; zero for not at all.
    #[serde(with = "humantime_serde")]
    pub reap_deadline: Duration,
    /// What becomes of the requests of a tenant that is not served any more.
    pub on_refused: OnRefused,
    /// Lookups a second of tenants that were not seen to exist.
    pub strangers_per_second: u32,
    /// Tenants whose pools are opened after the start.
    pub warm_up: u32,
}

/// What becomes of requests under way when their tenant is suspended or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnRefused {
    /// Their connections are ended.
    End,
    /// They finish.
    Finish,
}
