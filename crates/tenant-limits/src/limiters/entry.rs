//! A tenant's entry: its bucket, and the count of its requests under way.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use governor::clock::Clock;

use super::bucket::Bucket;
use crate::RequestLimits;
use crate::usage::{Admission, Concurrency, Rate, Refusal, Usage};

/// State of a tenant that outlives a change of its limits.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Of the bucket's limiter.
    pub(super) arrival_time: AtomicU64,
    /// Requests under way. Every request of the tenant counts while it has an entry, so that a limit that is set later knows
    /// of them.
    in_use: AtomicU32,
}

/// Counts a request as under way until it is dropped.
#[derive(Debug)]
pub struct Permit(Arc<Shared>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.in_use.fetch_sub(1, Ordering::Release);
    }
}

/// What is kept of a tenant.
#[derive(Debug)]
pub(super) struct Entry<C: Clock> {
    shared: Arc<Shared>,
    /// Kept without a rate, for the case that there is one again.
    bucket: Option<Bucket<C>>,
    revision: u64,
    concurrent: Option<NonZeroU32>,
    has_rate: bool,
}

impl<C: Clock + Clone> Entry<C> {
    pub(super) fn new(limits: &RequestLimits, revision: u64, clock: &C) -> Self {
        let shared = Arc::default();
        Self {
            bucket: Bucket::new(limits, None, &shared, clock),
            shared,
            revision,
            concurrent: limits.concurrent_requests,
            has_rate: limits.requests_per_second.is_some(),
        }
    }

    pub(super) fn is_of(&self, revision: u64) -> bool {
        self.revision == revision
    }

    /// Replaces the limits, unless they are of this revision.
    pub(super) fn change(&mut self, limits: &RequestLimits, revision: u64, clock: &C) {
        if self.is_of(revision) {
            return;
        }
        if let Some(bucket) = Bucket::new(limits, self.bucket.as_ref(), &self.shared, clock) {
            self.bucket = Some(bucket);
        }
        self.revision = revision;
        self.concurrent = limits.concurrent_requests;
        self.has_rate = limits.requests_per_second.is_some();
    }

    /// Admits a request. Concurrency is checked first, so that a request that is refused for it takes nothing from the
    /// bucket.
    pub(super) fn admit(&self, clock: &C) -> Result<Admission, Refusal> {
        let bucket = self.bucket.as_ref().filter(|_| self.has_rate);
        let (permit, before) = self.enter();
        let refused = self.concurrent.is_some_and(|limit| before >= limit.get());
        if refused {
            drop(permit);
            return Err(Refusal::Concurrency {
                usage: self.usage(bucket.map(|bucket| bucket.left(clock)), before),
            });
        }
        match bucket.map(|bucket| bucket.take(clock)).transpose() {
            Ok(rate) => Ok(Admission {
                usage: self.usage(rate, before + 1),
                permit: Some(permit),
            }),
            Err((retry_after, rate)) => Err(Refusal::Rate {
                retry_after,
                usage: self.usage(Some(rate), before),
            }),
        }
    }

    /// Counts a request. How many were under way before it.
    fn enter(&self) -> (Permit, u32) {
        let before = self.shared.in_use.fetch_add(1, Ordering::AcqRel);
        (Permit(Arc::clone(&self.shared)), before)
    }

    fn usage(&self, rate: Option<Rate>, in_use: u32) -> Usage {
        Usage {
            rate,
            concurrency: self.concurrent.map(|limit| Concurrency {
                limit: limit.get(),
                in_use: in_use.min(limit.get()),
            }),
        }
    }

    /// Whether a new entry would be the same: the bucket is full and no request is under way. Exclusive access is needed, so
    /// that none begins meanwhile.
    pub(super) fn is_idle(&mut self, clock: &C) -> bool {
        self.shared.in_use.load(Ordering::Acquire) == 0
            && self.bucket.as_ref().is_none_or(|bucket| bucket.is_full(clock))
    }
}
