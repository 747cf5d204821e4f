//! A tenant's account with the budget: its slots, its limits, and its connector.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::Notify;

use super::slots::Slots;
use crate::PoolKey;

/// The types that the engine handles without knowing them: connections, waiters and connectors. Tests use numbers for
/// connections.
pub(crate) trait EngineTypes: Sized + 'static {
    /// A connection.
    type Connection;
    /// The channel by which a waiter is answered.
    type Waiter;
    /// Opens connections.
    type Connector;
}

/// One pool, as the engine sees it. A tenant whose pool was replaced has two accounts for a while.
pub(crate) struct Account<E: EngineTypes> {
    /// Unique, never reused.
    pub(crate) id: u64,
    pub(crate) tenant: PoolKey,
    pub(crate) slots: Slots<E::Connection>,
    /// The maximum number of connections.
    pub(crate) max: u32,
    /// Other tenants never take connections below this.
    pub(crate) floor: u32,
    /// Whether the floor is counted in the core's reserved permits.
    pub(crate) floor_reserved: AtomicBool,
    pub(crate) connector: E::Connector,
    /// Notified when a closed account has no connection left.
    pub(crate) drained: Notify,
}

/// Shared by the pool, its checkouts, and the core while the account has connections or waiters.
pub(crate) type SharedAccount<E> = Arc<Account<E>>;
