//! Observation of a registry: snapshot, counters, metrics.

pub(crate) mod counters;
pub(crate) mod metrics;
pub(crate) mod outcome;
pub(crate) mod snapshot;
