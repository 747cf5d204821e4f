//! Exit codes, as `tenantry --help` lists them.

/// Refused, or failed.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage.
pub(crate) const USAGE: u8 = 2;
/// The service cannot be reached, or did not answer.
pub(crate) const UNREACHABLE: u8 = 3;
/// Not authenticated, or not allowed.
pub(crate) const NOT_ALLOWED: u8 = 4;
/// Not everything could be examined.
pub(crate) const NOT_EXAMINED: u8 = 5;
/// 128 and the signal's number, as in shells.
pub(crate) const INTERRUPTED: u8 = 130;
