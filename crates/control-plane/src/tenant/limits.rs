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

/// What PostgreSQL's `CONNECTION LIMIT` of a tenant's login is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimit {
    /// The most connections of a tenant that has no limit of its own, in each process.
    pub default_max: u32,
    /// How many processes serve tenants at once.
    pub instances: u32,
}

impl LoginLimit {
    /// The limit of a login whose tenant may hold this many connections in each process; `None` for the default.
    ///
    /// Twice the maximum of all processes together. A pool that is replaced ends its sessions beside those that the new
    /// one opens: after new credentials, changed limits or an eviction under a held lease; and so does a process that is
    /// replaced. A limit without room for both would refuse the tenant itself.
    pub fn of(self, max_connections: Option<u32>) -> i32 {
        let max = max_connections.unwrap_or(self.default_max).max(1);
        let most = max.saturating_mul(self.instances.max(1)).saturating_mul(2);
        i32::try_from(most).unwrap_or(i32::MAX)
    }
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

#[cfg(test)]
mod tests {
    use super::LoginLimit;

    #[test]
    fn a_login_has_room_for_a_replaced_pool_in_each_process() {
        let limit = |default_max, instances| LoginLimit {
            default_max,
            instances,
        };
        assert_eq!(limit(5, 1).of(None), 10);
        assert_eq!(limit(5, 1).of(Some(62)), 124);
        assert_eq!(limit(5, 3).of(Some(7)), 42);
        assert_eq!(limit(u32::MAX, u32::MAX).of(None), i32::MAX);
        // Zero would lock the tenant out.
        assert_eq!(limit(0, 0).of(None), 2);
    }
}
