//! [`TenantSource`]: the source of tenants' states and credentials.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;

use crate::panics::caught;
use crate::{TenantId, TenantNotice};

/// A future of [`TenantSource::load`]; boxed so that a source is an object.
pub type SourceFuture<'a> = Pin<Box<dyn Future<Output = Result<TenantSpec, SourceError>> + Send + 'a>>;

/// A future of [`TenantSource::standing`].
pub type StandingFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Vec<TenantNotice>>, SourceError>> + Send + 'a>>;

/// A future of [`TenantSource::refused`].
pub type RefusedFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Looks a tenant up. Asked once per miss, never on a hit, so it may be slow and may allocate.
pub trait TenantSource: Send + Sync + 'static {
    /// How to reach this tenant's database as this tenant.
    fn load(&self, tenant: TenantId) -> SourceFuture<'_>;

    /// The server does not let in the login that [`load`](Self::load) has just returned, by its password or by NOLOGIN:
    /// it was changed there, and an operator has to act. The default does nothing.
    fn refused(&self, tenant: TenantId) -> RefusedFuture<'_> {
        let _ = tenant;
        Box::pin(async {})
    }

    /// How these tenants stand now: asked for what is resident when changes may have been missed. The default knows
    /// nothing, and then everything resident is opened anew.
    fn standing(&self, tenants: Vec<TenantId>) -> StandingFuture<'_> {
        let _ = tenants;
        Box::pin(async { Ok(None) })
    }
}

/// What a pool needs to know of its tenant.
#[derive(Clone)]
#[non_exhaustive]
pub struct TenantSpec {
    /// Whose pool it is.
    pub tenant: TenantId,
    /// Host, database, login and password of the tenant's own login.
    pub connect: PgConnectOptions,
    /// The most connections that this tenant may hold at once.
    pub max_connections: u32,
    /// So many of its connections are never taken from it for another tenant, and up to so many it is served before
    /// all others. Zero for a tenant without a guarantee. Only a pool with a budget heeds it.
    pub floor: u32,
    /// Counts the tenant's changes. Zero where the source does not count them.
    pub version: u64,
}

impl TenantSpec {
    /// A tenant without a guaranteed floor, at version zero.
    pub fn new(tenant: TenantId, connect: PgConnectOptions, max_connections: u32) -> Self {
        Self {
            tenant,
            connect,
            max_connections,
            floor: 0,
            version: 0,
        }
    }
}

/// The way back to the source for one tenant: how a pool gets fresh credentials when its own are refused.
#[derive(Clone)]
pub struct Reload {
    source: Arc<dyn TenantSource>,
    tenant: TenantId,
}

impl Reload {
    /// Asks this source for this tenant.
    pub fn new(source: Arc<dyn TenantSource>, tenant: TenantId) -> Self {
        Self { source, tenant }
    }

    /// The tenant as it is now.
    ///
    /// # Errors
    /// What the source says, and [`SourceError::Unavailable`] when it panics or answers for another tenant.
    pub async fn load(&self) -> Result<TenantSpec, SourceError> {
        // In an `async` block, since `load` may panic before it returns its future.
        let answer = caught("source", async { self.source.load(self.tenant).await }).await;
        let spec = answer.map_err(SourceError::unavailable)??;
        if spec.tenant == self.tenant {
            Ok(spec)
        } else {
            Err(SourceError::unavailable(WrongTenant {
                asked: self.tenant,
                answered: spec.tenant,
            }))
        }
    }
}

impl Reload {
    /// Tells the source that the server refuses what it has just given.
    pub async fn refused(&self) {
        self.source.refused(self.tenant).await;
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the source was asked for tenant {asked} and answered for {answered}")]
struct WrongTenant {
    asked: TenantId,
    answered: TenantId,
}

impl fmt::Debug for TenantSpec {
    /// Without `connect`: sqlx prints the password there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantSpec")
            .field("tenant", &self.tenant)
            .field("login", &self.connect.get_username())
            .field("max_connections", &self.max_connections)
            .field("floor", &self.floor)
            .field("version", &self.version)
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
    #[error("the tenant's credentials cannot be used")]
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
