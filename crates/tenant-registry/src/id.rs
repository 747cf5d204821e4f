//! Tenant ids.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A tenant's id: a UUID, as it stands in the request and in every row's `tenant_id`.
///
/// ```
/// use tenant_registry::TenantId;
///
/// let id: TenantId = "0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f10".parse()?;
/// assert_eq!(id.to_string(), "0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f10");
/// # Ok::<(), uuid::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Uuid);

impl TenantId {
    /// The tenant of this UUID.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID, to bind as `tenant_id = $1`.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<TenantId> for Uuid {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

impl From<Uuid> for TenantId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl FromStr for TenantId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
