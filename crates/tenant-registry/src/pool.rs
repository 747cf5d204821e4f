//! What the registry asks of a pool.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Failure, Reload, TenantSpec};

/// A tenant's pool of connections, as the registry sees it: opened on the first lease, closed by the reaper.
///
/// Opening must not wait for the database: a pool opens its connections when they are asked for, so that a
/// request that runs no query takes none, and a dead database costs nobody but those who query it.
pub trait TenantPool: Send + Sync + Sized + 'static {
    /// What all pools of a registry have in common.
    type Settings: Send + Sync + 'static;

    /// A pool for this tenant; `reload` asks the source again, for a pool whose credentials are refused.
    fn open(spec: TenantSpec, reload: Reload, settings: &Self::Settings) -> Self;

    /// The pool has left the registry: whoever holds a lease goes on, and nobody else will come. Called once, before
    /// [`close`](Self::close), and must not wait.
    fn retire(&self) {}

    /// The tenant is not to be served any more, not even those who hold a lease: what runs is ended, as far as the
    /// pool can. Must not wait.
    fn end(&self) {}

    /// Closes the pool: no connection is given out any more, idle ones go at once, borrowed ones when they
    /// come back, and at `deadline` the waiting ends.
    fn close(&self, deadline: Instant) -> impl Future<Output = Closed> + Send;

    /// The pool's sizes now.
    fn snapshot(&self) -> PoolSnapshot;
}

/// How a pool's closing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Every connection is closed.
    Drained,
    /// At the deadline some connections were still borrowed; they close when they are given back.
    Deadline,
}

/// A pool's sizes at one moment, after OpenTelemetry's `db.client.connection.*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolSnapshot {
    /// Connections that are open or opening.
    pub size: u32,
    /// Open connections that nobody uses.
    pub idle: u32,
    /// Connections that are being closed, and whose backends the server may still have: as far as they are known, they
    /// count against `max`.
    pub closing: u32,
    /// The most that the pool may open.
    pub max: u32,
    /// Who waits for a connection.
    pub waiting: u32,
    /// What kept the last login from succeeding.
    pub trouble: Option<Trouble>,
}

/// A tenant whose logins fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of failure it is.
    pub failure: Failure,
    /// How often in a row.
    pub failures: u32,
    /// When the next login may be tried.
    pub retry_after: Duration,
}
