//! The tenants' pools and their sessions.

use std::time::Duration;

use serde::Deserialize;

use crate::declare::settings;
use crate::kinds::{Amount, Deadline, TenantConnections, Within, Word};

settings! {
    /// `[registry]`: the tenants' pools.
    pub struct RegistrySettings {
        /// Tenants with an open pool at one time.
        max_resident: u64,
        /// Duration without a request after which a pool is closed.
        idle_timeout: Duration,
        /// Connections of all tenants together; `None` for what the data cluster allows.
        max_connections: Option<u32>,
        /// Connections of the data cluster that tenants never get; `None` for what the service uses there and
        /// some for operators.
        reserved_connections: Option<u32>,
        /// Connections of one tenant.
        max_connections_per_tenant: u32 = TenantConnections,
        /// Processes that serve tenants at once.
        instances: u32 = Within<1, 1000>,
        /// Duration that a request waits for a connection.
        acquire_timeout: Duration,
        /// Duration that the statement of a client that has gone may take to be rolled back.
        clean_up_timeout: Duration,
        /// Duration after which an unused connection is closed.
        connection_idle_timeout: Duration,
        /// Age at which a connection is closed.
        max_connection_lifetime: Duration,
        /// PostgreSQL's `statement_timeout`.
        statement_timeout: Duration,
        /// PostgreSQL's `lock_timeout`.
        lock_timeout: Duration,
        /// PostgreSQL's `idle_in_transaction_session_timeout`.
        idle_in_transaction_timeout: Duration,
        /// Duration that an evicted pool waits for its last lease.
        reap_deadline: Duration = Deadline,
        /// Requests in flight of a tenant that is suspended or deleted.
        on_refused: OnRefused = Word<OnRefused>,
        /// Lookups of tenants not seen before, in a second.
        strangers_per_second: u32,
        /// Tenants whose pools are opened after the start.
        warm_up: u32 = Amount,
    }

    /// `[watchdog]`: bounds of what tenants' sessions hold in the server's lock table.
    pub struct WatchdogSettings {
        /// Duration between two samples.
        interval: Duration,
        /// Share of one session, in percent.
        session_lock_percent: u32 = Within<1, 50>,
        /// Share of all sessions of a tenant, in percent.
        tenant_lock_percent: u32 = Within<1, 50>,
    }
}

/// What happens to requests in flight when their tenant is suspended or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnRefused {
    /// Their connections are ended.
    End,
    /// They finish.
    Finish,
}
