//! Reasons for which pools leave the registry.

/// Why a pool left the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Unused for the idle timeout.
    Idle,
    /// Another tenant needed its place.
    Capacity,
    /// The tenant changed or was invalidated.
    Changed,
    /// The tenant is not served any more.
    Refused,
    /// The registry closes.
    Shutdown,
}

impl Reason {
    pub(crate) const ALL: [Self; 5] = [
        Self::Idle,
        Self::Capacity,
        Self::Changed,
        Self::Refused,
        Self::Shutdown,
    ];

    /// The label's value in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Capacity => "capacity",
            Self::Changed => "changed",
            Self::Refused => "refused",
            Self::Shutdown => "shutdown",
        }
    }

    /// Its place in [`ALL`](Self::ALL).
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}
