//! Errors of leases.

use std::time::Duration;

use crate::source::SourceError;

/// Why a tenant's pool could not be leased. Shared by all who waited for the same opening.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LeaseError {
    /// The source refused the tenant or failed, now or within `retry_after`.
    #[error("cannot look up the tenant")]
    Source {
        /// What it said.
        #[source]
        error: SourceError,
        /// Until then the source is not asked again, unless the tenant changes; if that is known.
        retry_after: Option<Duration>,
    },
    /// More lookups were asked for than the source is asked at once or a second, and this one's turn did not come
    /// within `open_timeout`. It never meets tenants that are resident.
    #[error("too many tenants are being looked up")]
    Busy {
        /// By then a turn is likely.
        retry_after: Duration,
    },
    /// The registry closes.
    #[error("the registry is shutting down")]
    ShuttingDown,
    /// The tenant left the registry again and again before it could be leased: `max_resident` is far below the
    /// number of tenants that are active at once, or the tenant changes without end.
    #[error("the tenant left the registry before it could be leased")]
    Overloaded,
}

impl LeaseError {
    pub(crate) fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Source {
            error: SourceError::unavailable(cause),
            retry_after: None,
        }
    }

    /// How long to wait before it is worth asking again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Source { retry_after, .. } => *retry_after,
            Self::Busy { retry_after } => Some(*retry_after),
            Self::ShuttingDown | Self::Overloaded => None,
        }
    }
}
