//! Outcomes of lookups and leases, as labels of their metrics.

use crate::{LeaseError, SourceError};

/// The label `outcome`.
#[derive(Clone, Copy)]
pub(crate) enum OutcomeLabel {
    Served,
    Unknown,
    Suspended,
    NotReady,
    Unusable,
    Unavailable,
    /// From here on the source was not asked.
    Busy,
    Overloaded,
    ShuttingDown,
}

impl OutcomeLabel {
    pub(crate) const ALL: [Self; 9] = [
        Self::Served,
        Self::Unknown,
        Self::Suspended,
        Self::NotReady,
        Self::Unusable,
        Self::Unavailable,
        Self::Busy,
        Self::Overloaded,
        Self::ShuttingDown,
    ];

    /// The label's value.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Unknown => "unknown",
            Self::Suspended => "suspended",
            Self::NotReady => "not_ready",
            Self::Unusable => "unusable",
            Self::Unavailable => "unavailable",
            Self::Busy => "busy",
            Self::Overloaded => "overloaded",
            Self::ShuttingDown => "shutting_down",
        }
    }

    /// Of a lookup at the source.
    pub(crate) fn of_lookup<T>(answer: &Result<T, SourceError>) -> Self {
        match answer {
            Ok(_) => Self::Served,
            Err(error) => Self::of_source(error),
        }
    }

    /// Of a lease.
    pub(crate) fn of_lease<T>(leased: &Result<T, LeaseError>) -> Self {
        match leased {
            Ok(_) => Self::Served,
            Err(LeaseError::Source { error, .. }) => Self::of_source(error),
            Err(LeaseError::Busy { .. }) => Self::Busy,
            Err(LeaseError::Overloaded) => Self::Overloaded,
            Err(LeaseError::ShuttingDown) => Self::ShuttingDown,
        }
    }

    fn of_source(error: &SourceError) -> Self {
        match error {
            SourceError::Unknown => Self::Unknown,
            SourceError::Suspended => Self::Suspended,
            SourceError::NotReady => Self::NotReady,
            SourceError::Unusable(_) => Self::Unusable,
            SourceError::Unavailable(_) => Self::Unavailable,
        }
    }
}
