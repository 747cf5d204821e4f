//! Outcome of an admission, and what is left of a tenant's limits after it.

use std::time::Duration;

use crate::Permit;

/// A request that is admitted.
#[derive(Debug)]
pub struct Admission {
    /// What is left after it.
    pub usage: Usage,
    /// Counts the request while it lives, if its tenant has a limit of concurrency.
    pub permit: Option<Permit>,
}

/// A request that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The tenant's bucket is empty.
    Rate {
        /// The time until a request is admitted, if none is meanwhile.
        retry_after: Duration,
        /// What is left.
        usage: Usage,
    },
    /// As many requests of the tenant are under way as may be. It takes nothing from the bucket.
    Concurrency {
        /// What is left.
        usage: Usage,
    },
}

impl Refusal {
    /// What is left.
    pub fn usage(&self) -> Usage {
        match self {
            Self::Rate { usage, .. } | Self::Concurrency { usage } => *usage,
        }
    }
}

/// What is left of a tenant's limits; `None` without a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of its rate.
    pub rate: Option<Rate>,
    /// Of its concurrency.
    pub concurrency: Option<Concurrency>,
}

impl Usage {
    /// Whether there is a limit at all.
    pub fn is_limited(&self) -> bool {
        self.rate.is_some() || self.concurrency.is_some()
    }
}

/// A token bucket at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The requests that a full bucket admits at once.
    pub limit: u32,
    /// The requests that it admits now.
    pub remaining: u32,
    /// The time in which an empty bucket fills.
    pub window: Duration,
    /// The time until it admits one request more than now; zero if it is full.
    pub next: Duration,
    /// The time until it is full.
    pub reset: Duration,
}

/// Requests under way at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// The most that may be.
    pub limit: u32,
    /// How many are, this one included if it is admitted.
    pub in_use: u32,
}
