//! How many connections a tenant may hold.

use serde::Serialize;
use tenant_registry::MAX_CONNECTIONS_PER_TENANT;

/// A tenant's part of the budget of connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// The most that it may hold; `None` for the service's default.
    pub max_connections: Option<u32>,
    /// Of those that it has opened, how many no other tenant is given.
    pub reserved_connections: u32,
}

/// Why limits are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Not a number that a pool can hold.
    #[error("must be from 1 to {MAX_CONNECTIONS_PER_TENANT}")]
    Max,
    /// More reserved than may be held: than `max_connections`, or the service's default in its place.
    #[error("must be at most max_connections, which is {0}")]
    Reserved(u32),
}

impl Limits {
    /// Checks that they go together, where the service's default of `max_connections` is this.
    ///
    /// # Errors
    /// When one is out of range, or more is reserved than may be held.
    pub fn checked(self, default_max: u32) -> Result<Self, LimitsError> {
        let most = MAX_CONNECTIONS_PER_TENANT;
        if self.max_connections.is_some_and(|max| !(1..=most).contains(&max)) {
            return Err(LimitsError::Max);
        }
        let max = self.max_connections.unwrap_or(default_max);
        if self.reserved_connections > max {
            return Err(LimitsError::Reserved(max));
        }
        Ok(self)
    }
}
