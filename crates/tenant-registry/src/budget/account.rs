//! A tenant's account with the budget: its slots, its limits, and the way to its database.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::Notify;

use super::slots::Slots;
use crate::TenantId;

/// What the engine moves about and does not look into: a connection, somebody who waits for one, and how a login is
/// made. Its tests put numbers there.
pub(crate) trait Kind: Sized + 'static {
    /// A connection.
    type Connection;
    /// Whom to tell.
    type Waiter;
    /// How to log in.
    type Door;
}

/// One tenant's pool, as the engine sees it. A tenant whose pool was replaced has two for a while.
pub(crate) struct Account<K: Kind> {
    /// Its number, never used again.
    pub(crate) id: u64,
    pub(crate) tenant: TenantId,
    pub(crate) slots: Slots<K::Connection>,
    /// The most connections.
    pub(crate) max: u32,
    /// Never stolen below this.
    pub(crate) floor: u32,
    /// Whether its floor counts among those that were promised.
    pub(crate) promised: AtomicBool,
    pub(crate) door: K::Door,
    /// Told when a closed account has no connection left.
    pub(crate) drained: Notify,
}

/// Shared by the pool, by those who hold its connections, and by the core while it has any.
pub(crate) type Shared<K> = Arc<Account<K>>;
