//! Refused changes of a tenant.

use std::fmt;

use tenant_registry::TenantId;

use super::error::StoreError;
use crate::plan::name::PlanName;
use crate::tenant::metadata::MetadataError;
use crate::tenant::state::TenantState;

/// A unique value that another tenant has.
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

/// Why a tenant was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The tenant does not exist.
    #[error("there is no tenant {0}")]
    Unknown(TenantId),
    /// The change is not possible in this state.
    #[error("the tenant is {}", .0.as_str())]
    State(TenantState),
    /// The tenant's rows are being deleted already.
    #[error("the tenant is being purged")]
    Purging,
    /// The tenant is at this revision, which is none of the caller's.
    #[error("the tenant is at revision {0}")]
    Revision(i64),
    /// Another tenant has the value.
    #[error("{0} is taken")]
    Taken(Taken),
    /// The limits contradict each other, or those of other tenants.
    #[error("{0}")]
    Limits(String),
    /// The metadata would be none after its change.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The plan that it was to have does not exist.
    #[error("there is no plan {0}")]
    Plan(PlanName),
    /// The store failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
