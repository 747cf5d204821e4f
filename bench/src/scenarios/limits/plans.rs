//! Plans of some tenants.

use std::collections::HashMap;
use std::num::NonZeroU32;

use api::{TenantLimits, TenantPlans};
use tenant_limits::RequestLimits;
use tenant_registry::TenantId;

/// A limit of each kind that no request reaches.
pub(super) fn never_reached() -> RequestLimits {
    let many = NonZeroU32::new(1_000_000);
    RequestLimits {
        requests_per_second: many,
        burst: many,
        concurrent_requests: many,
        request_timeout_ms: many,
        statement_timeout_ms: many,
        request_body_bytes: many,
        response_body_bytes: many,
    }
}

/// So many requests a second.
pub(super) fn a_second(requests: u32) -> RequestLimits {
    RequestLimits {
        requests_per_second: NonZeroU32::new(requests),
        ..RequestLimits::default()
    }
}

/// Limits of these tenants, and none of all others.
#[derive(Debug)]
pub(super) struct PlanOf(HashMap<TenantId, TenantLimits>);

impl PlanOf {
    pub(super) fn new<const N: usize>(limits: [(TenantId, RequestLimits); N]) -> Self {
        let of = |(tenant, limits)| (tenant, TenantLimits { limits, revision: 1 });
        Self(limits.into_iter().map(of).collect())
    }
}

impl TenantPlans for PlanOf {
    fn limits(&self, tenant: TenantId) -> TenantLimits {
        self.0.get(&tenant).copied().unwrap_or_default()
    }

    fn plan_name(&self, _: TenantId) -> String {
        "bench".to_owned()
    }
}
