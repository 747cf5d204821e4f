//! Where the registry learns how to reach a tenant.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;

use crate::TenantId;

/// A future of [`TenantSource::load`]; boxed so that a source is an object.
pub type SourceFuture<'a> = Pin<Box<dyn Future<Output = Result<TenantSpec, SourceError>> + Send + 'a>>;

/// Looks a tenant up. Asked once per miss, never on a hit, so it may be slow and may allocate.
pub trait TenantSource: Send + Sync + 'static {
    /// How to reach this tenant's database as this tenant.
    fn load(&self, tenant: TenantId) -> SourceFuture<'_>;
}

/// What a pool needs to know of its tenant.
#[derive(Clone)]
pub struct TenantSpec {
    /// Whose pool it is.
    pub tenant: TenantId,
    /// Host, database, login and password of the tenant's own login.
    pub connect: PgConnectOptions,
    /// The most connections that this tenant may hold at once.
    pub max_connections: u32,
}

impl fmt::Debug for TenantSpec {
    /// Without `connect`: sqlx prints the password there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantSpec")
            .field("tenant", &self.tenant)
            .field("login", &self.connect.get_username())
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// Why a source has no way to a tenant.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// There is no such tenant.
    #[error("unknown tenant")]
    Unknown,
    /// The tenant exists and is not served for now.
    #[error("tenant is suspended")]
    Suspended,
    /// The tenant exists and is not provisioned yet.
    #[error("tenant is not ready")]
    NotReady,
    /// The tenant exists and what the source has of it is of no use: waiting does not help, an operator does.
    #[error("the tenant's credentials are of no use")]
    Unusable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The source itself failed; the tenant may well exist.
    #[error("the source of tenants is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl SourceError {
    /// What the source has of the tenant is of no use, for this cause.
    pub fn unusable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unusable(Arc::new(cause))
    }

    /// The source failed for this cause.
    pub fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(cause))
    }
}
