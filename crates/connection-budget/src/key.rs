//! Key of a pool within its budget.

use std::fmt;

use uuid::Uuid;

/// The owner of a pool's connections: a UUID that is opaque to the budget. Pools of one key share `max_connections` and
/// a circuit breaker. Statements that end sessions get the key as `$1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PoolKey(Uuid);

impl PoolKey {
    /// The UUID.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for PoolKey {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<PoolKey> for Uuid {
    fn from(key: PoolKey) -> Self {
        key.0
    }
}

impl fmt::Display for PoolKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PoolKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
