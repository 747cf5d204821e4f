//! Tenants: their store, roles, credentials and lifecycle.
//!
//! [`postgres`] brings a cluster to this version: fixed roles, databases, hardening and migrations. The rest,
//! behind the feature `store` (on by default), works on what is there: [`ControlPlane`] creates and finds
//! tenants, and its [`source`](ControlPlane::source) tells the registry how to reach one, and its
//! [`changes`](ControlPlane::changes) what of them has changed. `store` has the
//! queries that are checked at compile time, so that what prepares them builds without it.
#![cfg_attr(
    not(feature = "store"),
    allow(dead_code, unreachable_pub, reason = "the store is what uses the rest")
)]

mod credentials;
#[cfg(feature = "store")]
pub mod doctor;
pub mod postgres;

pub use credentials::random_secret;

#[cfg(feature = "store")]
mod actor;
#[cfg(feature = "store")]
mod admin_token;
#[cfg(feature = "store")]
mod api_key;
#[cfg(feature = "store")]
mod audit;
#[cfg(feature = "store")]
mod changes;
#[cfg(feature = "store")]
mod idempotency;
#[cfg(feature = "store")]
mod json;
#[cfg(feature = "store")]
mod lifecycle;
#[cfg(feature = "store")]
mod operation;
#[cfg(feature = "store")]
mod plane;
#[cfg(feature = "store")]
mod service_pool;
#[cfg(feature = "store")]
mod source;
#[cfg(feature = "store")]
mod store;
#[cfg(feature = "store")]
mod tenant;
#[cfg(feature = "store")]
mod vault;

#[cfg(feature = "store")]
pub use self::{
    actor::{Actor, Role},
    admin_token::{AdminToken, AdminTokenInfo, Expiry, KnownToken, NewAdminToken},
    api_key::{ApiKey, ApiKeySecret},
    audit::{AuditEntry, Outcome},
    idempotency::{IdempotencyKey, KeptAnswer},
    json::JsonText,
    lifecycle::{ChangeError, CreateError, DEFAULT_GRACE, Reconciler, Started, Taken, Transition},
    operation::{Operation, OperationKind, OperationState, Step},
    plane::{ControlPlane, ControlPlaneSettings, KeysError},
    source::StoreSource,
    store::{
        ApiKeyChange, ApiKeyFilter, AuditFilter, AuditRecord, ChangeKeyError, ClaimedKey, CreateKeyError,
        CreateTokenError, CreatedAt, KeyClaim, OperationFilter, RevokeError, Store, StoreError, TenantFilter,
    },
    tenant::{
        ExternalId, ExternalIdError, Limits, LimitsError, LoginLimit, Metadata, MetadataError, NewTenant,
        Tenant, TenantChange, TenantName, TenantNameError, TenantState,
    },
    vault::VaultError,
};
