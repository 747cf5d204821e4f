//! Plans: named limits of tenants' requests.

pub(crate) mod json;
pub(crate) mod name;

use pg_timestamp::Timestamp;
use tenant_limits::{Overrides, RequestLimits};

use self::name::PlanName;

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Its name, unique among plans. It never changes.
    pub name: PlanName,
    /// What it is for.
    pub description: String,
    /// The limits of its tenants that do not override them.
    pub limits: RequestLimits,
    /// Counts changes.
    pub revision: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Plan {
    /// The maximum of characters of a description.
    pub const LONGEST_DESCRIPTION: usize = 500;
}

/// A plan to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPlan {
    /// Its name.
    pub name: PlanName,
    /// What it is for: at most [`Plan::LONGEST_DESCRIPTION`] characters.
    pub description: String,
    /// Its limits.
    pub limits: RequestLimits,
}

/// A change of a plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanChange {
    /// What it is for; `None` leaves it as it is.
    pub description: Option<String>,
    /// Its limits; those that are [`Override::Plan`](tenant_limits::Override::Plan) stay as they are.
    pub limits: Overrides,
}

impl PlanChange {
    /// The plan after this change.
    pub(crate) fn apply(&self, before: &Plan) -> Plan {
        Plan {
            description: self
                .description
                .clone()
                .unwrap_or_else(|| before.description.clone()),
            limits: self.limits.over(&before.limits),
            ..before.clone()
        }
    }
}
