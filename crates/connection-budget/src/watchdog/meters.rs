//! Metrics of the watchdog.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Unit};

use super::bounds::Reason;

/// Handles of the metrics recorder.
pub(super) struct Meters {
    ended: [Counter; Reason::ALL.len()],
    lock_table: Gauge,
    pub(super) notification_queue: Gauge,
    sample_time: Histogram,
}

impl Meters {
    pub(super) fn new(pool: &str) -> Self {
        metrics::describe_counter!(
            "tenantry.watchdog.ended",
            Unit::Count,
            "Tenants' sessions ended for holding too much of a shared resource"
        );
        metrics::describe_gauge!(
            "tenantry.watchdog.lock_table",
            Unit::Count,
            "Used fraction of the server's lock table"
        );
        metrics::describe_gauge!(
            "tenantry.watchdog.notification_queue",
            Unit::Count,
            "Used fraction of the server's notification queue"
        );
        metrics::describe_histogram!(
            "tenantry.watchdog.sample_time",
            Unit::Seconds,
            "Duration of a sample of the lock table"
        );
        let label = "db.client.connection.pool.name";
        Self {
            ended: Reason::ALL.map(|reason| {
                metrics::counter!("tenantry.watchdog.ended", label => pool.to_owned(), "reason" => reason.as_str())
            }),
            lock_table: metrics::gauge!("tenantry.watchdog.lock_table", label => pool.to_owned()),
            notification_queue: metrics::gauge!("tenantry.watchdog.notification_queue", label => pool.to_owned()),
            sample_time: metrics::histogram!("tenantry.watchdog.sample_time", label => pool.to_owned()),
        }
    }

    pub(super) fn ended(&self, reason: Reason) {
        for (counter, counted) in self.ended.iter().zip(Reason::ALL) {
            if counted == reason {
                counter.increment(1);
            }
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a lock table has far fewer entries than 2^52"
    )]
    pub(super) fn sampled(&self, took: Duration, entries: u64, of: u64) {
        self.sample_time.record(took.as_secs_f64());
        if of > 0 {
            self.lock_table.set(entries as f64 / of as f64);
        }
    }
}
