//! Bounds of the lock table, and the sessions above them.

use std::collections::HashMap;

use super::connection::IGNORED_ENTRIES;
use crate::PoolKey;
use crate::settings::WatchdogSettings;

/// The minimum of a session's bound, for small lock tables.
const LEAST: u64 = 64;

/// The shared resources that a tenant's session holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) tenant: PoolKey,
    pub(super) pid: i32,
    /// Entries of the lock table.
    pub(super) entries: u64,
    /// A lock on a shared object that the session holds or awaits.
    pub(super) shared_object: Option<String>,
    /// Ended some samples ago, and not interruptible.
    pub(super) stuck: bool,
}

/// Why a session is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Locks, or waits to lock, a database or role in the shared catalogs.
    SharedObject,
    /// Holds more of the lock table than one session may.
    SessionLocks,
    /// The tenant holds more of it than one tenant may.
    TenantLocks,
    /// All tenants together hold half of it.
    AllLocks,
    /// The tenant's login is closed, because its stuck sessions hold more than one tenant may.
    LoginClosed,
}

impl Reason {
    pub(super) const ALL: [Self; 5] = [
        Self::SharedObject,
        Self::SessionLocks,
        Self::TenantLocks,
        Self::AllLocks,
        Self::LoginClosed,
    ];

    /// The label in logs and metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SharedObject => "shared_object",
            Self::SessionLocks => "session_locks",
            Self::TenantLocks => "tenant_locks",
            Self::AllLocks => "all_locks",
            Self::LoginClosed => "login_closed",
        }
    }
}

/// A session to be ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) tenant: PoolKey,
    pub(super) pid: i32,
    pub(super) reason: Reason,
    pub(super) entries: u64,
    pub(super) tenant_entries: u64,
    /// The bound that was exceeded, of this session, tenant or all of them.
    pub(super) bound: u64,
    /// The session is ended only if it still holds more entries than this, or locks a shared object; `None`: always.
    pub(super) beyond: Option<i32>,
    pub(super) shared_object: Option<String>,
}

/// The maximum number of entries of the lock table, by session and by tenant.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    /// The lock table's size; zero until it was read.
    pub(super) entries: u64,
    session: u64,
    tenant: u64,
}

impl Bounds {
    pub(super) fn of(entries: u64, settings: &WatchdogSettings) -> Self {
        let share = |percent: u32| (entries * u64::from(percent) / 100).max(LEAST);
        let session = share(settings.session_lock_percent);
        Self {
            entries,
            session,
            tenant: share(settings.tenant_lock_percent).max(session),
        }
    }

    /// The sessions to be ended, the largest holders first. For a sum above its bound, of a tenant or of all tenants,
    /// ends sessions until the rest is within it. Entries of stuck sessions count against their tenant, but not against
    /// all others, which may together hold half of what the stuck sessions leave.
    pub(super) fn violations(&self, holdings: &[Holding]) -> Vec<Violation> {
        if self.entries == 0 {
            return Vec::new();
        }
        let mut of_tenants: HashMap<PoolKey, u64> = HashMap::new();
        for holding in holdings {
            *of_tenants.entry(holding.tenant).or_default() += holding.entries;
        }
        let totals = of_tenants.clone();
        let stuck = holdings.iter().filter(|holding| holding.stuck);
        let stuck: u64 = stuck.map(|holding| holding.entries).sum();
        let mut of_all = of_tenants.values().sum::<u64>() - stuck;
        let all = self.entries.saturating_sub(stuck) / 2;
        let mut holdings: Vec<&Holding> = holdings.iter().filter(|holding| !holding.stuck).collect();
        // Among equals, first the session of the tenant that holds more.
        holdings.sort_by_key(|holding| std::cmp::Reverse((holding.entries, totals[&holding.tenant])));
        // Sessions above their own bound first, so that they no longer count in the sums.
        holdings.sort_by_key(|holding| self.own_reason(holding).is_none());
        let mut violations = Vec::new();
        for holding in holdings {
            let of_tenant = of_tenants.entry(holding.tenant).or_default();
            let reason = self
                .own_reason(holding)
                .or_else(|| self.reason_of_sums(holding, *of_tenant, (of_all, all)));
            let Some((reason, bound, beyond)) = reason else {
                continue;
            };
            *of_tenant -= holding.entries;
            of_all -= holding.entries;
            violations.push(Violation {
                tenant: holding.tenant,
                pid: holding.pid,
                reason,
                entries: holding.entries,
                tenant_entries: totals[&holding.tenant],
                bound,
                beyond: Some(i32::try_from(beyond).unwrap_or(i32::MAX)),
                shared_object: holding.shared_object.clone(),
            });
        }
        violations
    }

    /// The tenants whose stuck sessions hold more than one tenant may, and how much. Each further session of theirs
    /// could take more entries before the next sample, and get stuck as well.
    pub(super) fn logins_to_close(&self, holdings: &[Holding]) -> HashMap<PoolKey, u64> {
        let mut of_tenants: HashMap<PoolKey, u64> = HashMap::new();
        for holding in holdings.iter().filter(|holding| holding.stuck) {
            *of_tenants.entry(holding.tenant).or_default() += holding.entries;
        }
        of_tenants.retain(|_, entries| *entries > self.tenant);
        of_tenants
    }

    /// The reason to end any session of a tenant whose login is closed.
    pub(super) fn closed(&self, tenant: PoolKey, pid: i32, tenant_entries: u64) -> Violation {
        Violation {
            tenant,
            pid,
            reason: Reason::LoginClosed,
            entries: 0,
            tenant_entries,
            bound: self.tenant,
            beyond: None,
            shared_object: None,
        }
    }

    fn own_reason(&self, holding: &Holding) -> Option<(Reason, u64, u64)> {
        if holding.shared_object.is_some() {
            Some((Reason::SharedObject, 0, self.session))
        } else if holding.entries > self.session {
            Some((Reason::SessionLocks, self.session, self.session))
        } else {
            None
        }
    }

    fn reason_of_sums(
        &self,
        holding: &Holding,
        of_tenant: u64,
        (of_all, all): (u64, u64),
    ) -> Option<(Reason, u64, u64)> {
        let ignored = IGNORED_ENTRIES.unsigned_abs();
        if holding.entries <= ignored {
            None
        } else if of_tenant > self.tenant {
            Some((Reason::TenantLocks, self.tenant, ignored))
        } else if of_all > all {
            Some((Reason::AllLocks, all, ignored))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
