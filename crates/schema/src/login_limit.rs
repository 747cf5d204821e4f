//! `CONNECTION LIMIT` of tenants' logins.

/// Computes the `CONNECTION LIMIT` of a tenant's login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimit {
    /// The maximum of connections, in each process, of a tenant without a limit of its own.
    pub default_max: u32,
    /// The number of processes that serve tenants at the same time.
    pub instances: u32,
}

impl LoginLimit {
    /// The limit for a tenant with this maximum of connections in each process; `None` for the default.
    ///
    /// Twice the maximum of all processes together: the sessions of a pool that is being closed overlap with those of
    /// its successor, after new credentials, changed limits, an eviction under a held lease, or the replacement of a
    /// process. Without room for both, the limit would refuse the tenant itself.
    pub fn of(self, max_connections: Option<u32>) -> i32 {
        let max = max_connections.unwrap_or(self.default_max).max(1);
        let most = max.saturating_mul(self.instances.max(1)).saturating_mul(2);
        i32::try_from(most).unwrap_or(i32::MAX)
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
