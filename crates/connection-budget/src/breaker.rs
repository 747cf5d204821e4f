//! Circuit breakers of tenants whose logins fail, bounded in number. They outlive the pool that failed.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use pg_session::ConnectFailure;

use super::slots::Microseconds;
use crate::PoolKey;

/// After the first failure; doubled with each further one.
const MIN_BACKOFF: Microseconds = 50_000;
/// Keeps a tenant whose database recovers waiting for less than a second.
const MAX_BACKOFF: Microseconds = 700_000;
/// A breaker is dropped this long after its retry was due, when room is needed.
const FORGET_AFTER: Microseconds = 60_000_000;
/// The maximum number of breakers.
const MAX_TRIPS: usize = 10_000;

/// A tenant's consecutive failures.
#[derive(Debug, Clone)]
pub(crate) struct Trip {
    pub(crate) failures: u32,
    pub(crate) retry_at: Microseconds,
    pub(crate) cause: ConnectFailure,
    /// The last login timed out: the server is probed, without a permit, before the next login.
    pub(crate) probe_first: bool,
}

impl Trip {
    pub(crate) fn retry_after(&self, now: Microseconds) -> Duration {
        Duration::from_micros(self.retry_at.saturating_sub(now))
    }
}

#[derive(Default)]
pub(crate) struct Breakers {
    trips: HashMap<PoolKey, Trip>,
    random: RandomState,
}

impl Breakers {
    /// Records a failure. Returns the time until the next attempt.
    pub(crate) fn trip(
        &mut self,
        tenant: PoolKey,
        cause: ConnectFailure,
        probe_first: bool,
        now: Microseconds,
    ) -> Duration {
        if self.trips.len() >= MAX_TRIPS && !self.trips.contains_key(&tenant) {
            self.make_room(now);
        }
        let failures = self.trips.get(&tenant).map_or(0, |trip| trip.failures) + 1;
        let backoff = (MIN_BACKOFF << (failures - 1).min(16)).min(MAX_BACKOFF);
        // Jitter of a quarter either way, so that tenants that failed together do not retry together.
        let jitter = self.random.hash_one((tenant, failures, now)) % (backoff / 2);
        let trip = Trip {
            failures,
            retry_at: now + backoff * 3 / 4 + jitter,
            cause,
            probe_first,
        };
        let retry_after = trip.retry_after(now);
        self.trips.insert(tenant, trip);
        retry_after
    }

    /// The open breaker of this tenant; `None` once a retry is allowed.
    pub(crate) fn open(&self, tenant: PoolKey, now: Microseconds) -> Option<&Trip> {
        self.trips.get(&tenant).filter(|trip| trip.retry_at > now)
    }

    pub(crate) fn get(&self, tenant: PoolKey) -> Option<&Trip> {
        self.trips.get(&tenant)
    }

    /// The server answers the probe: the next attempt is a login.
    pub(crate) fn server_answered(&mut self, tenant: PoolKey) {
        if let Some(trip) = self.trips.get_mut(&tenant) {
            trip.probe_first = false;
        }
    }

    pub(crate) fn forget(&mut self, tenant: PoolKey) {
        self.trips.remove(&tenant);
    }

    pub(crate) fn len(&self) -> usize {
        self.trips.len()
    }

    fn make_room(&mut self, now: Microseconds) {
        self.trips.retain(|_, trip| trip.retry_at + FORGET_AFTER > now);
        if self.trips.len() >= MAX_TRIPS
            && let Some(oldest) = self
                .trips
                .iter()
                .min_by_key(|(_, trip)| trip.retry_at)
                .map(|(tenant, _)| *tenant)
        {
            self.trips.remove(&oldest);
        }
    }
}
