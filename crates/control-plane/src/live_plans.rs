//! Plans and overrides in memory: what each tenant may, for the limits of its requests.
//!
//! The index has every plan, and those tenants alone that do not have the default plan as it is: the others cost no memory.
//! So the limits of a request's tenant are two lock-free lookups, with no store query and no allocation.
//!
//! The [follower](crate::follower) loads everything, then reads the plans and tenants that notices name
//! (`migrations/control/0013_plans.sql`). It is the only writer. While it has no connection the last known limits hold: a
//! limit that is minutes old protects as well, and refusing tenants for it would make an outage of it. Before the first load
//! no tenant has limits of its own; the service waits for the load before it listens.

mod read;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use papaya::HashMap;
use tenant_limits::{Overrides, RequestLimits};
use tenant_registry::TenantId;
use tokio::sync::watch;

pub(crate) use self::read::ChangedPlans;
use crate::plan::name::PlanName;
use crate::store::plans::live::TenantPlanRow;

/// The limits of a tenant's requests as they are now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantLimits {
    /// The plan's limits, with what the tenant overrides.
    pub limits: RequestLimits,
    /// Changes whenever the tenant's limits or its plan change: what was made for another revision is to be replaced.
    /// Counted by this process, and in no order. It may also change where the limits are the same.
    pub revision: u64,
}

/// The plans and overrides as they are now. Cheap to clone; empty until
/// [`ControlPlane::follow_keys_and_plans`](crate::ControlPlane::follow_keys_and_plans) runs.
#[derive(Clone)]
pub struct LivePlans(Arc<Index>);

struct Index {
    plans: HashMap<PlanName, LivePlan>,
    /// Those that do not have the default plan as it is.
    tenants: HashMap<TenantId, LiveTenant>,
    /// The number of the last change.
    changes: AtomicU32,
    loaded: watch::Sender<bool>,
}

struct LivePlan {
    limits: RequestLimits,
    /// The number of its last change.
    changed: u32,
}

/// Small: there may be a hundred thousand.
struct LiveTenant {
    plan: PlanName,
    /// `None` for none.
    overrides: Option<Box<Overrides>>,
    /// The number of its last change.
    changed: u32,
}

impl LivePlans {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Index {
            plans: HashMap::new(),
            tenants: HashMap::new(),
            changes: AtomicU32::new(0),
            loaded: watch::Sender::new(false),
        }))
    }

    /// What this tenant may now. Never waits, never queries the store, and does not allocate. A tenant that does not exist
    /// has the default plan.
    pub fn of(&self, tenant: TenantId) -> TenantLimits {
        let (tenants, plans) = (self.0.tenants.pin(), self.0.plans.pin());
        let own = tenants.get(&tenant);
        let plan = own
            .and_then(|own| plans.get(&own.plan))
            // A tenant's plan that is not read yet is named by a notice of its own.
            .or_else(|| plans.get(PlanName::DEFAULT));
        let (limits, plan_changed) = plan.map_or_else(Default::default, |plan| (plan.limits, plan.changed));
        let overrides = own.and_then(|own| own.overrides.as_deref());
        TenantLimits {
            limits: overrides.map_or(limits, |overrides| overrides.over(&limits)),
            revision: (u64::from(plan_changed) << 32) | own.map_or(0, |own| own.changed.into()),
        }
    }

    /// The name of this tenant's plan now, for messages and metrics.
    pub fn plan_of(&self, tenant: TenantId) -> PlanName {
        let tenants = self.0.tenants.pin();
        tenants
            .get(&tenant)
            .map_or_else(PlanName::default, |own| own.plan.clone())
    }

    /// Waits until all plans have been loaded once.
    pub async fn loaded(&self) {
        // The sender is in `self`.
        let _ = self.0.loaded.subscribe().wait_for(|loaded| *loaded).await;
    }
}

impl Index {
    /// Replaces everything by what a load has found.
    fn replace(&self, plans: Vec<(PlanName, RequestLimits)>, tenants: Vec<TenantPlanRow>) {
        let named: HashSet<PlanName> = plans.iter().map(|(name, _)| name.clone()).collect();
        let found: HashSet<TenantId> = tenants.iter().map(|row| row.tenant).collect();
        self.put(plans, tenants);
        self.plans.pin().retain(|name, _| named.contains(name));
        self.tenants.pin().retain(|tenant, _| found.contains(tenant));
    }

    /// Adds or replaces these plans and tenants: first the plans, which tenants may have.
    fn put(&self, plans: Vec<(PlanName, RequestLimits)>, tenants: Vec<TenantPlanRow>) {
        let known = self.plans.pin();
        for (name, limits) in plans {
            if known.get(&name).is_none_or(|plan| plan.limits != limits) {
                let changed = self.next_change();
                known.insert(name, LivePlan { limits, changed });
            }
        }
        for row in tenants {
            self.put_tenant(row);
        }
    }

    fn put_tenant(&self, row: TenantPlanRow) {
        let known = self.tenants.pin();
        let overrides = (row.overrides != Overrides::default()).then_some(row.overrides);
        if row.plan.is_default() && overrides.is_none() {
            known.remove(&row.tenant);
            return;
        }
        let is_known = known
            .get(&row.tenant)
            .is_some_and(|own| own.plan == row.plan && own.overrides.as_deref() == overrides.as_ref());
        if is_known {
            return;
        }
        // The text of a plan's name is in memory once, however many tenants have it.
        let plans = self.plans.pin();
        let plan = plans
            .get_key_value(&row.plan)
            .map_or(row.plan, |(name, _)| name.clone());
        let tenant = LiveTenant {
            plan,
            overrides: overrides.map(Box::new),
            changed: self.next_change(),
        };
        known.insert(row.tenant, tenant);
    }

    fn next_change(&self) -> u32 {
        self.changes.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }
}

impl fmt::Debug for LivePlans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LivePlans").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
