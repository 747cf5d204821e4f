//! Counters of the budget, for its snapshot and for the metrics recorder.
//!
//! Names and units follow OpenTelemetry where it defines them:
//! <https://opentelemetry.io/docs/specs/semconv/database/database-metrics/#connection-pools>. Handles are created
//! once, so that counting needs no lookup.

use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{Counter, Gauge, Histogram};

use super::connector::PostgresEngine;
use super::engine::Core;
use super::slots::Microseconds;

/// Counters for the snapshot, and handles of the recorder.
pub(crate) struct Meters {
    logins: AtomicU64,
    failed_logins: AtomicU64,
    times_full: AtomicU64,
    timeouts: AtomicU64,
    recorded: Recorded,
}

struct Recorded {
    idle: Gauge,
    used: Gauge,
    closing: Gauge,
    max: Gauge,
    withheld: Gauge,
    pending: Gauge,
    timeouts: Counter,
    failed_logins: Counter,
    times_full: Counter,
    create_time: Histogram,
    wait_time: Histogram,
    use_time: Histogram,
}

impl Meters {
    pub(crate) fn new(pool: &str) -> Self {
        let label = "db.client.connection.pool.name";
        let state = "db.client.connection.state";
        let count = |now: &'static str| metrics::gauge!("db.client.connection.count", label => pool.to_owned(), state => now);
        Self {
            logins: AtomicU64::new(0),
            failed_logins: AtomicU64::new(0),
            times_full: AtomicU64::new(0),
            timeouts: AtomicU64::new(0),
            recorded: Recorded {
                idle: count("idle"),
                used: count("used"),
                closing: count("closing"),
                max: metrics::gauge!("db.client.connection.max", label => pool.to_owned()),
                withheld: metrics::gauge!("tenantry.budget.withheld", label => pool.to_owned()),
                pending: metrics::gauge!("db.client.connection.pending_requests", label => pool.to_owned()),
                timeouts: metrics::counter!("db.client.connection.timeouts", label => pool.to_owned()),
                failed_logins: metrics::counter!("tenantry.budget.failed_logins", label => pool.to_owned()),
                times_full: metrics::counter!("tenantry.budget.server_full", label => pool.to_owned()),
                create_time: metrics::histogram!("db.client.connection.create_time", label => pool.to_owned()),
                wait_time: metrics::histogram!("db.client.connection.wait_time", label => pool.to_owned()),
                use_time: metrics::histogram!("db.client.connection.use_time", label => pool.to_owned()),
            },
        }
    }

    /// A login succeeded.
    pub(crate) fn logged_in(&self, took: Microseconds) {
        self.logins.fetch_add(1, Ordering::Relaxed);
        self.recorded.create_time.record(seconds(took));
    }

    pub(crate) fn login_failed(&self) {
        self.failed_logins.fetch_add(1, Ordering::Relaxed);
        self.recorded.failed_logins.increment(1);
    }

    /// The server was full (53300) although the budget had a permit.
    pub(crate) fn server_full(&self) {
        self.times_full.fetch_add(1, Ordering::Relaxed);
        self.recorded.times_full.increment(1);
    }

    /// A request got no connection by its deadline.
    pub(crate) fn timed_out(&self) {
        self.timeouts.fetch_add(1, Ordering::Relaxed);
        self.recorded.timeouts.increment(1);
    }

    /// A request waited this long for its answer.
    pub(crate) fn waited(&self, waited: Microseconds) {
        self.recorded.wait_time.record(seconds(waited));
    }

    /// A connection was checked out for this long.
    pub(crate) fn used(&self, used: Microseconds) {
        self.recorded.use_time.record(seconds(used));
    }

    /// Updates the gauges.
    pub(crate) fn gauge(&self, core: &Core<PostgresEngine>) {
        let ledger = core.ledger;
        let idle: u32 = core
            .queues
            .values()
            .map(|queue| queue.account.slots.idle.count())
            .sum();
        let waiting: usize = core.queues.values().map(|queue| queue.waiters.len()).sum();
        self.recorded.idle.set(f64::from(idle));
        self.recorded
            .used
            .set(f64::from(ledger.used().saturating_sub(idle)));
        self.recorded
            .closing
            .set(f64::from(ledger.closing + ledger.quarantine));
        self.recorded.max.set(f64::from(ledger.cap));
        self.recorded.withheld.set(f64::from(core.withheld()));
        self.recorded
            .pending
            .set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
    }

    pub(crate) fn logins(&self) -> u64 {
        self.logins.load(Ordering::Relaxed)
    }

    pub(crate) fn failed_logins(&self) -> u64 {
        self.failed_logins.load(Ordering::Relaxed)
    }

    pub(crate) fn times_full(&self) -> u64 {
        self.times_full.load(Ordering::Relaxed)
    }

    pub(crate) fn timeouts(&self) -> u64 {
        self.timeouts.load(Ordering::Relaxed)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of a wait are far below 2^52"
)]
fn seconds(micros: Microseconds) -> f64 {
    micros as f64 / 1e6
}
