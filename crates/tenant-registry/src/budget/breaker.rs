//! Memory of failed logins, by tenant. It outlives the pool that failed, and cannot grow.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::slots::Micros;
use crate::TenantId;
use crate::probe::ConnectFailure;

/// After the first failure; twice as much after each further one.
const FIRST: Micros = 50_000;
/// Never longer, so that a tenant whose database is back is served within a second.
const LONGEST: Micros = 700_000;
/// Forgotten so long after the next attempt was due.
const FORGOTTEN: Micros = 60_000_000;
/// More failing tenants than this are not remembered at once.
const MOST: usize = 10_000;

/// What is remembered of a tenant's failures in a row.
#[derive(Debug, Clone)]
pub(crate) struct Trip {
    pub(crate) failures: u32,
    pub(crate) retry_at: Micros,
    pub(crate) cause: ConnectFailure,
    /// Nothing answered: its server is tried without a login, and without a permit, before the next one.
    pub(crate) silent: bool,
}

impl Trip {
    pub(crate) fn retry_after(&self, now: Micros) -> Duration {
        Duration::from_micros(self.retry_at.saturating_sub(now))
    }
}

#[derive(Default)]
pub(crate) struct Breakers {
    trips: HashMap<TenantId, Trip>,
    random: RandomState,
}

impl Breakers {
    /// One failure more; no attempt until its time has come.
    pub(crate) fn trip(
        &mut self,
        tenant: TenantId,
        cause: ConnectFailure,
        silent: bool,
        now: Micros,
    ) -> Duration {
        if self.trips.len() >= MOST && !self.trips.contains_key(&tenant) {
            self.make_room(now);
        }
        let failures = self.trips.get(&tenant).map_or(0, |trip| trip.failures) + 1;
        let backoff = (FIRST << (failures - 1).min(16)).min(LONGEST);
        // Up to a quarter more or less, so that those who failed together do not come back together.
        let jitter = self.random.hash_one((tenant, failures, now)) % (backoff / 2);
        let trip = Trip {
            failures,
            retry_at: now + backoff * 3 / 4 + jitter,
            cause,
            silent,
        };
        let retry_after = trip.retry_after(now);
        self.trips.insert(tenant, trip);
        retry_after
    }

    /// What stands against an attempt: nothing once its time has come.
    pub(crate) fn open(&self, tenant: TenantId, now: Micros) -> Option<&Trip> {
        self.trips.get(&tenant).filter(|trip| trip.retry_at > now)
    }

    pub(crate) fn get(&self, tenant: TenantId) -> Option<&Trip> {
        self.trips.get(&tenant)
    }

    /// The server answers again: the next attempt is a login.
    pub(crate) fn reached(&mut self, tenant: TenantId) {
        if let Some(trip) = self.trips.get_mut(&tenant) {
            trip.silent = false;
        }
    }

    pub(crate) fn forget(&mut self, tenant: TenantId) {
        self.trips.remove(&tenant);
    }

    pub(crate) fn len(&self) -> usize {
        self.trips.len()
    }

    fn make_room(&mut self, now: Micros) {
        self.trips.retain(|_, trip| trip.retry_at + FORGOTTEN > now);
        if self.trips.len() >= MOST
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
