//! Reads of plans and tenants into the index: all of them, or those that notices name.

use std::collections::HashSet;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgListener, PgNotification};
use tenant_registry::TenantId;

use super::LivePlans;
use crate::plan::name::PlanName;
use crate::store::plans::live;

/// The channels of `migrations/control/0013_plans.sql`.
const PLAN_CHANGED: &str = "plan_changed";
const TENANT_PLAN_CHANGED: &str = "tenant_plan_changed";

/// The plans and tenants that notices name.
#[derive(Debug, Default)]
pub(crate) struct ChangedPlans {
    plans: HashSet<PlanName>,
    tenants: HashSet<TenantId>,
}

impl ChangedPlans {
    /// The channels of these notices.
    pub(crate) const CHANNELS: [&str; 2] = [PLAN_CHANGED, TENANT_PLAN_CHANGED];

    /// Those of these notices. Payloads are hints, since any login of the store can notify: invalid ones are ignored.
    pub(crate) fn of(heard: &[PgNotification]) -> Self {
        let mut changed = Self::default();
        for notification in heard {
            let payload = notification.payload();
            match notification.channel() {
                PLAN_CHANGED => changed.plans.extend(PlanName::new(payload)),
                TENANT_PLAN_CHANGED => changed.tenants.extend(payload.parse::<TenantId>()),
                _ => {}
            }
        }
        changed
    }
}

impl LivePlans {
    /// Reads everything, and forgets what is not there any more.
    pub(crate) async fn load(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
        // The tenants first: whatever plans they have, the plans are read after them.
        let tenants = live::all_tenants(&mut *listener).try_collect().await?;
        let plans = live::all_plans(&mut *listener).await?;
        self.0.replace(plans, tenants);
        self.0.loaded.send_replace(true);
        tracing::debug!(
            plans = self.0.plans.len(),
            tenants = self.0.tenants.len(),
            "plans are loaded"
        );
        Ok(())
    }

    /// Reads these plans and tenants again.
    pub(crate) async fn read_again(
        &self,
        listener: &mut PgListener,
        changed: ChangedPlans,
    ) -> Result<(), sqlx::Error> {
        let ChangedPlans { plans, tenants } = changed;
        if plans.is_empty() && tenants.is_empty() {
            return Ok(());
        }
        let rows = live::tenants(&mut *listener, &tenants).await?;
        let found = live::plans(&mut *listener, &plans).await?;
        let exist: HashSet<TenantId> = rows.iter().map(|row| row.tenant).collect();
        let named: HashSet<PlanName> = found.iter().map(|(name, _)| name.clone()).collect();
        self.0.put(found, rows);
        for gone in tenants.difference(&exist) {
            self.0.tenants.pin().remove(gone);
        }
        for gone in plans.difference(&named) {
            self.0.plans.pin().remove(gone);
        }
        Ok(())
    }
}
