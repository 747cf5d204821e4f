//! A tenant's token bucket: a limiter of `governor` whose state can be read and carried over.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use governor::clock::{Clock, Reference as _};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use super::entry::Shared;
use crate::RequestLimits;
use crate::usage::Rate;

/// The limiter's state: its theoretical arrival time, in nanoseconds since its start. 0 before the first request.
struct ArrivalTime(Arc<Shared>);

impl StateStore for ArrivalTime {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let state = &self.0.arrival_time;
        let mut before = state.load(Ordering::Acquire);
        loop {
            let (outcome, after) = decide((before > 0).then(|| before.into()))?;
            match state.compare_exchange_weak(before, after.into(), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(outcome),
                Err(changed) => before = changed,
            }
        }
    }
}

/// One tenant's bucket.
pub(super) struct Bucket<C: Clock> {
    limiter: RateLimiter<NotKeyed, ArrivalTime, C, StateInformationMiddleware>,
    /// When the limiter was made, which it keeps to itself.
    start: C::Instant,
    quota: Quota,
    shared: Arc<Shared>,
}

impl<C: Clock + Clone> Bucket<C> {
    /// A bucket of these limits; `None` without a rate. The share that is used up of `former` is used up in it. There is one
    /// bucket at a time over `shared`.
    pub(super) fn new(
        limits: &RequestLimits,
        former: Option<&Self>,
        shared: &Arc<Shared>,
        clock: &C,
    ) -> Option<Self> {
        let rate = limits.requests_per_second?;
        let quota = Quota::per_second(rate).allow_burst(limits.burst.unwrap_or(rate));
        let carried = former.map_or(0, |former| carried_over(former.used(clock), former.quota, quota));
        let start = clock.now();
        let bucket = Self {
            limiter: RateLimiter::new(quota, ArrivalTime(Arc::clone(shared)), clock.clone()),
            start,
            quota,
            shared: Arc::clone(shared),
        };
        shared.arrival_time.store(carried, Ordering::Release);
        Some(bucket)
    }

    /// Takes one request.
    ///
    /// # Errors
    /// The time until there is one, if there is none.
    pub(super) fn take(&self, clock: &C) -> Result<Rate, (Duration, Rate)> {
        match self.limiter.check() {
            Ok(state) => Ok(self.rate(state.remaining_burst_capacity(), clock)),
            Err(not_until) => Err((not_until.wait_time_from(clock.now()), self.rate(0, clock))),
        }
    }

    /// What is left, of which nothing is taken.
    pub(super) fn left(&self, clock: &C) -> Rate {
        let period = self.quota.replenish_interval().as_nanos().max(1);
        let requests = self.used(clock).as_nanos().div_ceil(period);
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        self.rate(self.quota.burst_size().get().saturating_sub(requests), clock)
    }

    pub(super) fn is_full(&self, clock: &C) -> bool {
        self.used(clock).is_zero()
    }

    fn rate(&self, remaining: u32, clock: &C) -> Rate {
        let reset = self.used(clock);
        let size = self.quota.burst_size().get();
        // Of the requests that are used up, all but one are replenished after the next.
        let later = self.quota.replenish_interval() * size.saturating_sub(remaining.saturating_add(1));
        Rate {
            limit: size,
            remaining,
            window: self.quota.burst_size_replenished_in(),
            next: reset.saturating_sub(later),
            reset,
        }
    }

    /// What is used up, as the time in which it is replenished.
    fn used(&self, clock: &C) -> Duration {
        let now: Duration = clock.now().duration_since(self.start).into();
        let arrival_time = Duration::from_nanos(self.shared.arrival_time.load(Ordering::Acquire));
        arrival_time.saturating_sub(now)
    }
}

/// The arrival time, in nanoseconds from now, of a bucket of which the same share is used up.
fn carried_over(used: Duration, before: Quota, after: Quota) -> u64 {
    let [before, after] = [before, after].map(|quota| quota.burst_size_replenished_in().as_nanos().max(1));
    u64::try_from(used.as_nanos().min(before) * after / before).unwrap_or(u64::MAX)
}

impl<C: Clock> fmt::Debug for Bucket<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}
