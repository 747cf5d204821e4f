//! Shares of the lock table, and which sessions go beyond them.

use std::collections::HashMap;

use super::super::settings::WatchdogSettings;
use super::connection::FEW;
use crate::TenantId;

/// The least that a session may hold, whatever the lock table's size.
const LEAST: u64 = 64;

/// What one tenant's session holds of what is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) tenant: TenantId,
    pub(super) pid: i32,
    /// Entries of the lock table.
    pub(super) entries: u64,
    /// A lock on a shared object that it holds or awaits.
    pub(super) shared_object: Option<String>,
}

/// Why a session is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// It locks, or waits to lock, a database or role in the shared catalogs.
    SharedObject,
    /// It holds more of the lock table than one session may.
    SessionLocks,
    /// Its tenant holds more of it than one tenant may.
    TenantLocks,
    /// All tenants together hold half of it.
    AllLocks,
}

impl Reason {
    pub(super) const ALL: [Self; 4] = [
        Self::SharedObject,
        Self::SessionLocks,
        Self::TenantLocks,
        Self::AllLocks,
    ];

    /// As logs and metrics have it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SharedObject => "shared_object",
            Self::SessionLocks => "session_locks",
            Self::TenantLocks => "tenant_locks",
            Self::AllLocks => "all_locks",
        }
    }
}

/// A session that is to be ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offence {
    pub(super) tenant: TenantId,
    pub(super) pid: i32,
    pub(super) reason: Reason,
    pub(super) entries: u64,
    pub(super) tenant_entries: u64,
    /// What may be held at the most, by this session, tenant or all of them.
    pub(super) bound: u64,
    /// It is ended only if it still holds more entries than this, or locks a shared object.
    pub(super) beyond: i32,
    pub(super) shared_object: Option<String>,
}

/// How many entries of the lock table may be held.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    /// The lock table's size; zero where it is not known yet.
    pub(super) entries: u64,
    session: u64,
    tenant: u64,
    all: u64,
}

impl Bounds {
    pub(super) fn of(entries: u64, settings: &WatchdogSettings) -> Self {
        let share = |percent: u32| (entries * u64::from(percent) / 100).max(LEAST);
        let session = share(settings.session_lock_percent);
        Self {
            entries,
            session,
            tenant: share(settings.tenant_lock_percent).max(session),
            all: entries / 2,
        }
    }

    /// The sessions to be ended, those that hold most first. Of a tenant that holds too much, and of all tenants
    /// together, so many go that the rest is within the bound.
    pub(super) fn offences(&self, holdings: &[Holding]) -> Vec<Offence> {
        if self.entries == 0 {
            return Vec::new();
        }
        let mut of_tenants: HashMap<TenantId, u64> = HashMap::new();
        for holding in holdings {
            *of_tenants.entry(holding.tenant).or_default() += holding.entries;
        }
        let totals = of_tenants.clone();
        let mut of_all: u64 = of_tenants.values().sum();
        let mut holdings: Vec<&Holding> = holdings.iter().collect();
        // Of two that hold as much, the one of the tenant that holds more.
        holdings.sort_by_key(|holding| std::cmp::Reverse((holding.entries, totals[&holding.tenant])));
        // Those that are beyond a bound of their own count no more when the sums are looked at.
        holdings.sort_by_key(|holding| self.own_reason(holding).is_none());
        let mut offences = Vec::new();
        for holding in holdings {
            let of_tenant = of_tenants.entry(holding.tenant).or_default();
            let reason = self
                .own_reason(holding)
                .or_else(|| self.reason_of_sums(holding, *of_tenant, of_all));
            let Some((reason, bound, beyond)) = reason else {
                continue;
            };
            *of_tenant -= holding.entries;
            of_all -= holding.entries;
            offences.push(Offence {
                tenant: holding.tenant,
                pid: holding.pid,
                reason,
                entries: holding.entries,
                tenant_entries: totals[&holding.tenant],
                bound,
                beyond: i32::try_from(beyond).unwrap_or(i32::MAX),
                shared_object: holding.shared_object.clone(),
            });
        }
        offences
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

    fn reason_of_sums(&self, holding: &Holding, of_tenant: u64, of_all: u64) -> Option<(Reason, u64, u64)> {
        let few = FEW.unsigned_abs();
        if holding.entries <= few {
            None
        } else if of_tenant > self.tenant {
            Some((Reason::TenantLocks, self.tenant, few))
        } else if of_all > self.all {
            Some((Reason::AllLocks, self.all, few))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    const LOCK_TABLE: u64 = 6400;

    fn bounds() -> Bounds {
        let settings = WatchdogSettings {
            interval: Duration::from_millis(20),
            session_lock_percent: 5,
            tenant_lock_percent: 15,
            tenant_login: String::new(),
            end_session: Arc::new(|_| String::new()),
        };
        Bounds::of(LOCK_TABLE, &settings)
    }

    fn holding(tenant: u128, pid: i32, entries: u64) -> Holding {
        Holding {
            tenant: Uuid::from_u128(tenant).into(),
            pid,
            entries,
            shared_object: None,
        }
    }

    fn ended(holdings: &[Holding]) -> Vec<(i32, Reason)> {
        let offences = bounds().offences(holdings);
        offences
            .iter()
            .map(|offence| (offence.pid, offence.reason))
            .collect()
    }

    #[test]
    fn a_session_may_hold_its_share_and_no_more() {
        assert_eq!(ended(&[holding(1, 1, 320), holding(2, 2, 320)]), []);
        assert_eq!(
            ended(&[holding(1, 1, 320), holding(2, 2, 321)]),
            [(2, Reason::SessionLocks)]
        );
    }

    #[test]
    fn what_a_tenant_may_hold_bounds_the_sum_of_its_sessions() {
        // 88 of 300: three of them are within 960.
        let mut holdings: Vec<Holding> = (1..=88).map(|pid| holding(1, pid, 300)).collect();
        holdings.push(holding(2, 100, 300));
        let ended = ended(&holdings);
        assert_eq!(ended.len(), 85);
        assert!(
            ended
                .iter()
                .all(|(pid, reason)| *pid != 100 && *reason == Reason::TenantLocks)
        );
    }

    #[test]
    fn one_session_beyond_its_bound_is_no_reason_to_end_the_others() {
        let mut holdings: Vec<Holding> = (1..=3).map(|pid| holding(1, pid, 300)).collect();
        holdings.push(holding(1, 4, 5000));
        assert_eq!(ended(&holdings), [(4, Reason::SessionLocks)]);
    }

    #[test]
    fn all_tenants_together_leave_half_of_it() {
        let holdings: Vec<Holding> = (1..=12)
            .map(|pid: i32| holding(u128::from(pid.unsigned_abs()), pid, 300))
            .collect();
        assert_eq!(ended(&holdings), [(1, Reason::AllLocks), (2, Reason::AllLocks)]);
    }

    #[test]
    fn a_lock_on_a_shared_object_is_reason_enough() {
        let mut waits = holding(1, 7, 1);
        waits.shared_object = Some("AccessExclusiveLock on pg_database, awaited".to_owned());
        let offences = bounds().offences(&[waits, holding(1, 8, 100)]);
        assert_eq!(offences.len(), 1);
        assert_eq!((offences[0].pid, offences[0].reason), (7, Reason::SharedObject));
        assert_eq!((offences[0].entries, offences[0].tenant_entries), (1, 101));
    }

    #[test]
    fn before_the_size_is_known_nobody_is_ended() {
        assert_eq!(Bounds::default().offences(&[holding(1, 1, 9000)]), []);
    }
}
