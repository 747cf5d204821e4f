//! Limits of tenants, from the plans that the control plane keeps in memory.

use api::limits::{TenantLimits, TenantPlans};
use control_plane::LivePlans;
use tenant_registry::TenantId;

/// The plans, for the tenant plane.
#[derive(Debug)]
pub(crate) struct Plans(pub(crate) LivePlans);

impl TenantPlans for Plans {
    fn limits(&self, tenant: TenantId) -> TenantLimits {
        let control_plane::TenantLimits { limits, revision } = self.0.of(tenant);
        TenantLimits { limits, revision }
    }

    fn plan_name(&self, tenant: TenantId) -> String {
        self.0.plan_of(tenant).as_str().to_owned()
    }
}
