//! Why a tenant is not changed.

use std::fmt;

use tenant_registry::TenantId;

use crate::store::StoreError;
use crate::tenant::TenantState;

/// What is another tenant's already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The id.
    Id,
    /// The name.
    Name,
    /// The id in another system.
    ExternalId,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "the id",
            Self::Name => "the name",
            Self::ExternalId => "the external id",
        })
    }
}

/// Why a tenant is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such tenant.
    #[error("there is no tenant {0}")]
    Unknown(TenantId),
    /// From the state that it is in no way leads there.
    #[error("the tenant is {}", .0.as_str())]
    State(TenantState),
    /// Its rows are being removed already.
    #[error("the tenant is being purged")]
    Purging,
    /// It has changed since the caller looked; it is at this revision now.
    #[error("the tenant is at revision {0}")]
    Revision(i64),
    /// Another tenant has that.
    #[error("{0} is taken")]
    Taken(Taken),
    /// The limits do not go together, or with those of the other tenants.
    #[error("{0}")]
    Limits(String),
    /// The store failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
