//! What this plane needs to know of plans.

use std::fmt;

use tenant_limits::RequestLimits;
use tenant_registry::TenantId;

/// The limits of each tenant.
pub trait TenantPlans: fmt::Debug + Send + Sync + 'static {
    /// The limits that hold for the tenant now; those of the default plan for an id that is not known. Called for each
    /// request, in its task: answers from memory, in less than a microsecond.
    fn limits(&self, tenant: TenantId) -> TenantLimits;

    /// The name of its plan.
    fn plan_name(&self, tenant: TenantId) -> String;
}

/// Limits, and their revision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantLimits {
    /// The limits.
    pub limits: RequestLimits,
    /// Another number after each change of them.
    pub revision: u64,
}

/// No tenant has limits.
#[derive(Debug, Clone, Copy)]
pub struct Unlimited;

impl TenantPlans for Unlimited {
    fn limits(&self, _: TenantId) -> TenantLimits {
        TenantLimits::default()
    }

    fn plan_name(&self, _: TenantId) -> String {
        "unlimited".to_owned()
    }
}
