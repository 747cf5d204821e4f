//! Tenants: control store, credentials and lifecycle.
//!
//! [`ControlPlane`] creates, changes and finds tenants. Its [`source`](ControlPlane::source) gives the registry their
//! logins, and its [`changes`](ControlPlane::changes) notifies it of changes. [`LiveKeys`] and [`LivePlans`] are
//! the API keys and plans in memory. [`Reconciler`] resumes interrupted operations.

mod actor;
mod admin_token;
mod api_key;
mod api_keys;
mod audit;
mod changes;
mod chosen_name;
mod follower;
mod idempotency;
mod json;
mod lifecycle;
mod live_keys;
mod live_plans;
mod notices;
mod operation;
mod plan;
mod plane;
mod service_pool;
mod source;
mod standing_queries;
mod store;
mod tenant;
mod tenant_logins;
mod transition;
mod vault;

pub use self::actor::{Actor, Role};
pub use self::admin_token::{AdminToken, AdminTokenInfo, Expiry, KnownToken, NewAdminToken, TokenNameError};
pub use self::api_key::{
    ApiKey, ApiKeyName, ApiKeyScope, ApiKeyScopes, ApiKeySecret, NewApiKey, ScopesError,
};
pub use self::audit::action::{AuditAction, UnknownAction};
pub use self::audit::{AuditEntry, AuditOutcome};
pub use self::chosen_name::NameError;
pub use self::idempotency::{IdempotencyKey, StoredResponse};
pub use self::json::JsonText;
pub use self::lifecycle::create::CreateError;
pub use self::lifecycle::login_fault::LoginFault;
pub use self::lifecycle::reconciler::Reconciler;
pub use self::lifecycle::started::StartedChange;
pub use self::live_keys::{KeyRefusal, KeyUses, LiveKeys, VerifiedKey};
pub use self::live_plans::{LivePlans, TenantLimits};
pub use self::operation::{Operation, OperationKind, OperationState, Step};
pub use self::plan::name::{PlanName, PlanNameError};
pub use self::plan::{NewPlan, Plan, PlanChange};
pub use self::plane::{ControlPlane, ControlPlaneSettings, KeysError};
pub use self::source::StoreSource;
pub use self::store::Store;
pub use self::store::admin_tokens::make::CreateTokenError;
pub use self::store::admin_tokens::revoke::RevokeError;
pub use self::store::api_keys::ApiKeyFilter;
pub use self::store::api_keys::change::{ApiKeyChange, ChangeKeyError};
pub use self::store::api_keys::make::CreateKeyError;
pub use self::store::audit::list::{AuditFilter, AuditRecord};
pub use self::store::change_error::{ChangeError, Taken};
pub use self::store::created_at::CreatedAt;
pub use self::store::error::StoreError;
pub use self::store::idempotency::KeyClaim;
pub use self::store::idempotency::claimed::ClaimedKey;
pub use self::store::operations::OperationFilter;
pub use self::store::plans::change::PlanError;
pub use self::store::tenants::TenantFilter;
pub use self::tenant::external_id::{ExternalId, ExternalIdError};
pub use self::tenant::limits::{Limits, LimitsError};
pub use self::tenant::metadata::change::{MetadataChange, MetadataPatch};
pub use self::tenant::metadata::{Metadata, MetadataError};
pub use self::tenant::name::{TenantName, TenantNameError};
pub use self::tenant::revisions::Revisions;
pub use self::tenant::state::TenantState;
pub use self::tenant::{NewTenant, Tenant, TenantChange};
pub use self::transition::{DEFAULT_GRACE, Transition};
pub use self::vault::VaultError;
