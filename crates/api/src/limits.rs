//! Limits of each tenant, and of the plane as a whole.
//!
//! | layer | place | what it does |
//! |---|---|---|
//! | `admit` | between identification and lease | sheds load, checks rate and concurrency, bounds bodies and times |
//! | `charge` | behind the lease | counts the first request of a tenant that had no limiter |
//!
//! **Made-up tenant ids keep nothing.** Callers of the internal prefix can name any id, and a plan can hold for every tenant
//! that has no other. So a limiter is made only behind the lease, which says that the tenant exists. It is not missed before:
//! a tenant without a limiter has a full bucket and no request under way, and would be admitted. Once it has a limiter,
//! a refused request reaches neither lease nor pool. Of requests that come at once for a tenant whose pool is not
//! open, all wait for the one lookup, and those above the limits are refused behind it.
//!
//! **Every request that is not refused counts**, also one for [`show`](mod@show), and one that fails later. What is
//! refused for its rate or its concurrency takes nothing from the bucket.
//!
//! **Headers.** Answers to a tenant with a rate or a concurrency have `RateLimit-Policy` and `RateLimit`, after
//! draft-ietf-httpapi-ratelimit-headers-10; `fields` has them.

mod admit;
mod awaited_body;
mod body;
mod charge;
pub(crate) mod fields;
mod in_flight;
mod limited;
mod plans;
mod refuse;
pub mod show;

use std::sync::Arc;
use std::time::Duration;

use tenant_limits::{Limiters, Permit, Refusal, Usage};
use tenant_registry::TenantId;
use tokio::time::sleep;

pub(crate) use self::admit::Admit;
pub(crate) use self::charge::Charge;
use self::in_flight::InFlight;
pub use self::plans::{TenantLimits, TenantPlans, Unlimited};

/// Between two sweeps of the limiters.
const UPKEEP: Duration = Duration::from_secs(10);

/// What the tenant plane admits: the limits of its tenants, and the most requests at once. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Admission(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plans: Arc<dyn TenantPlans>,
    limiters: Limiters,
    in_flight: Arc<InFlight>,
}

impl Admission {
    /// Admission by these plans, of at most so many requests at once.
    pub fn new(plans: Arc<dyn TenantPlans>, max_concurrent_requests: u32) -> Self {
        Self(Arc::new(Inner {
            plans,
            limiters: Limiters::default(),
            in_flight: Arc::new(InFlight::new(max_concurrent_requests)),
        }))
    }

    /// Without limits of tenants, and with room for any number of requests.
    pub fn unlimited() -> Self {
        Self::new(Arc::new(Unlimited), u32::MAX)
    }

    /// Has limiters of idle tenants dropped, until the last clone is. Must be called within a tokio runtime.
    pub fn start_upkeep(&self) {
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                sleep(UPKEEP).await;
                let Some(inner) = inner.upgrade() else { return };
                inner.limiters.sweep();
            }
        });
    }

    /// Drops the limiters of idle tenants now.
    pub fn sweep(&self) {
        self.0.limiters.sweep();
    }

    /// How many tenants have a limiter now.
    pub fn limiters(&self) -> usize {
        self.0.limiters.len()
    }
}

/// An admitted request, in its extensions.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    pub(crate) tenant: TenantId,
    limits: TenantLimits,
    /// `None` until the request is counted.
    usage: Option<Usage>,
    admission: Admission,
}

impl Admitted {
    /// Counts the request, and makes the tenant's limiter if there is none: the tenant has to exist.
    fn count(&mut self) -> Result<Option<Permit>, Refusal> {
        let TenantLimits { limits, revision } = &self.limits;
        let limiters = &self.admission.0.limiters;
        let counted = limiters.admit(self.tenant.as_uuid(), limits, *revision)?;
        self.usage = Some(counted.usage);
        Ok(counted.permit)
    }
}
