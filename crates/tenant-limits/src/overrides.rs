//! What a tenant has in place of its plan's limits.

use std::num::NonZeroU32;

use crate::RequestLimits;

/// What a tenant has in place of one limit of its plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Override {
    /// The plan's.
    #[default]
    Plan,
    /// No limit.
    Unlimited,
    /// This one.
    Limit(NonZeroU32),
}

impl Override {
    /// The limit that holds beside the plan's.
    pub fn or(self, plan: Option<NonZeroU32>) -> Option<NonZeroU32> {
        match self {
            Self::Plan => plan,
            Self::Unlimited => None,
            Self::Limit(limit) => Some(limit),
        }
    }
}

/// As requests and the store have it: left out for the plan's, null for no limit.
impl From<Option<Option<NonZeroU32>>> for Override {
    fn from(given: Option<Option<NonZeroU32>>) -> Self {
        match given {
            None => Self::Plan,
            Some(None) => Self::Unlimited,
            Some(Some(limit)) => Self::Limit(limit),
        }
    }
}

/// The same back.
impl From<Override> for Option<Option<NonZeroU32>> {
    fn from(own: Override) -> Self {
        match own {
            Override::Plan => None,
            Override::Unlimited => Some(None),
            Override::Limit(limit) => Some(Some(limit)),
        }
    }
}

/// What a tenant has in place of its plan's limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overrides {
    /// In place of [`RequestLimits::requests_per_second`].
    pub requests_per_second: Override,
    /// In place of [`RequestLimits::burst`].
    pub burst: Override,
    /// In place of [`RequestLimits::concurrent_requests`].
    pub concurrent_requests: Override,
    /// In place of [`RequestLimits::request_timeout_ms`].
    pub request_timeout_ms: Override,
    /// In place of [`RequestLimits::statement_timeout_ms`].
    pub statement_timeout_ms: Override,
    /// In place of [`RequestLimits::request_body_bytes`].
    pub request_body_bytes: Override,
    /// In place of [`RequestLimits::response_body_bytes`].
    pub response_body_bytes: Override,
}

impl Overrides {
    /// No limit at all, whatever the plan's are.
    pub const UNLIMITED: Self = Self {
        requests_per_second: Override::Unlimited,
        burst: Override::Unlimited,
        concurrent_requests: Override::Unlimited,
        request_timeout_ms: Override::Unlimited,
        statement_timeout_ms: Override::Unlimited,
        request_body_bytes: Override::Unlimited,
        response_body_bytes: Override::Unlimited,
    };

    /// The limits of a tenant with these overrides of this plan.
    pub fn over(&self, plan: &RequestLimits) -> RequestLimits {
        RequestLimits {
            requests_per_second: self.requests_per_second.or(plan.requests_per_second),
            burst: self.burst.or(plan.burst),
            concurrent_requests: self.concurrent_requests.or(plan.concurrent_requests),
            request_timeout_ms: self.request_timeout_ms.or(plan.request_timeout_ms),
            statement_timeout_ms: self.statement_timeout_ms.or(plan.statement_timeout_ms),
            request_body_bytes: self.request_body_bytes.or(plan.request_body_bytes),
            response_body_bytes: self.response_body_bytes.or(plan.response_body_bytes),
        }
    }
}
