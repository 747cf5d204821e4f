//! Snapshot of a pool, and the outcome of closing it.

use std::time::Duration;

use crate::Failure;

/// The outcome of closing a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Every connection is closed.
    Drained,
    /// Some connections were still checked out at the deadline; they close when they are given back.
    Deadline,
}

/// A pool's sizes at one moment, after OpenTelemetry's `db.client.connection.*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolSnapshot {
    /// Open and opening connections.
    pub size: u32,
    /// Open connections that are not checked out.
    pub idle: u32,
    /// Connections being closed, whose backends the server may still have. They count against `max`.
    pub closing: u32,
    /// The maximum number of connections.
    pub max: u32,
    /// Waiting requests.
    pub waiting: u32,
    /// Set while the last login failed.
    pub trouble: Option<LoginTrouble>,
}

/// Consecutive login failures of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginTrouble {
    /// The kind of the last failure.
    pub failure: Failure,
    /// The number of consecutive failures.
    pub failures: u32,
    /// The time until the next login.
    pub retry_after: Duration,
}
