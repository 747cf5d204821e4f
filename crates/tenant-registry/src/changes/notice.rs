//! Notices of changed tenants.

use crate::TenantId;

/// A change of tenants, for [`Registry::follow`](crate::Registry::follow).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The state of one tenant, read after its change.
    Tenant(TenantNotice),
    /// Changes may have been missed: all that is resident has to be compared with the source.
    Resync,
}

/// The state of a tenant, by its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantNotice {
    /// The tenant.
    pub tenant: TenantId,
    /// Counts the tenant's changes; `None` when the tenant is gone.
    pub version: Option<u64>,
    /// Whether it is served: false when it is suspended or gone, or not ready.
    pub served: bool,
}
