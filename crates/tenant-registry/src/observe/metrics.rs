//! Metrics of the registry, through the `metrics` facade.
//!
//! Named as OpenTelemetry names them, with dots; durations are in seconds. Each handle is made once, with the registry,
//! so a recorder has to be installed before. A hit touches none of them.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use crate::Change;
use crate::observe::outcome::OutcomeLabel;
use crate::panics::PANICS;
use crate::reaper::reason::Reason;

const RESIDENTS: &str = "tenantry.registry.residents";
const RETIRED: &str = "tenantry.registry.retired";
const OPENED: &str = "tenantry.registry.opened";
const CLOSED: &str = "tenantry.registry.closed";
const MISSES: &str = "tenantry.registry.misses";
const SOURCE_DURATION: &str = "tenantry.registry.source.duration";
const CHANGES: &str = "tenantry.registry.changes";

pub(crate) struct RegistryMetrics {
    residents: Gauge,
    retired: Gauge,
    opened: Counter,
    /// By [`Reason`].
    closed: [Counter; Reason::ALL.len()],
    /// By [`OutcomeLabel`].
    misses: [Counter; OutcomeLabel::ALL.len()],
    source_duration: [Histogram; OutcomeLabel::ALL.len()],
    tenants_changed: Counter,
    resyncs: Counter,
}

impl RegistryMetrics {
    pub(crate) fn new() -> Self {
        describe();
        Self {
            residents: gauge!(RESIDENTS),
            retired: gauge!(RETIRED),
            opened: counter!(OPENED),
            closed: Reason::ALL.map(|reason| counter!(CLOSED, "reason" => reason.name())),
            misses: OutcomeLabel::ALL.map(|outcome| counter!(MISSES, "outcome" => outcome.name())),
            source_duration: OutcomeLabel::ALL
                .map(|outcome| histogram!(SOURCE_DURATION, "outcome" => outcome.name())),
            tenants_changed: counter!(CHANGES, "kind" => "tenant"),
            resyncs: counter!(CHANGES, "kind" => "resync"),
        }
    }

    pub(crate) fn opened(&self) {
        self.residents.increment(1);
        self.opened.increment(1);
    }

    pub(crate) fn retired(&self) {
        self.residents.decrement(1);
        self.retired.increment(1);
    }

    pub(crate) fn closed(&self, reason: Reason) {
        self.retired.decrement(1);
        self.closed[reason.index()].increment(1);
    }

    /// Subtracts the residents of a registry that ends: several registries share a gauge.
    pub(crate) fn registry_ended(&self, residents: i64) {
        self.residents
            .decrement(i32::try_from(residents).unwrap_or(i32::MAX));
    }

    pub(crate) fn miss(&self, outcome: OutcomeLabel) {
        self.misses[outcome as usize].increment(1);
    }

    pub(crate) fn lookup(&self, outcome: OutcomeLabel, took: Duration) {
        self.source_duration[outcome as usize].record(took);
    }

    pub(crate) fn change(&self, change: &Change) {
        match change {
            Change::Tenant(_) => self.tenants_changed.increment(1),
            Change::Resync => self.resyncs.increment(1),
        }
    }
}

fn describe() {
    describe_gauge!(RESIDENTS, Unit::Count, "Tenants whose pool gives leases.");
    describe_gauge!(RETIRED, Unit::Count, "Pools that left and are not closed yet.");
    describe_counter!(OPENED, Unit::Count, "Pools opened.");
    describe_counter!(CLOSED, Unit::Count, "Pools closed, by why they left.");
    describe_counter!(MISSES, Unit::Count, "Leases of tenants that were not resident.");
    describe_histogram!(
        SOURCE_DURATION,
        Unit::Seconds,
        "How long the source took to answer."
    );
    describe_counter!(CHANGES, Unit::Count, "Changes of tenants that were followed.");
    describe_counter!(
        PANICS,
        Unit::Count,
        "Panics that were caught, by whose code it was."
    );
}
