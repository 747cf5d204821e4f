//! Connection limits of a tenant.

use serde::Serialize;
use tenant_registry::MAX_CONNECTIONS_PER_TENANT;

/// A tenant's part of the budget of connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// The maximum that it may hold; `None` for the service's default.
    pub max_connections: Option<u32>,
    /// The number of its open connections that no other tenant gets.
    pub reserved_connections: u32,
}

/// Why limits are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// The maximum is out of range.
    #[error("must be from 1 to {MAX_CONNECTIONS_PER_TENANT}")]
    Max,
    /// The reservation is above `max_connections`, or above the service's default in its place.
    #[error("must be at most max_connections, which is {0}")]
    Reserved(u32),
}

impl Limits {
    /// Checks the limits against each other, with this default of `max_connections`.
    ///
    /// # Errors
    /// When one is out of range, or the reservation is above the maximum.
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
