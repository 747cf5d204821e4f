//! What a registry is told of tenants that changed.

use crate::TenantId;

/// What a registry is told about tenants that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// How this tenant stands now, read after the change.
    Tenant(TenantNotice),
    /// Changes may have been missed: whatever is resident has to be compared with the source.
    Resync,
}

/// How a tenant stands, by its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantNotice {
    /// Whose notice it is.
    pub tenant: TenantId,
    /// Counts the tenant's changes; `None`: there is no such tenant any more.
    pub version: Option<u64>,
    /// Whether it is served: false when it is suspended or gone, or not ready.
    pub served: bool,
}
