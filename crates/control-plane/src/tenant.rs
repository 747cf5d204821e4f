//! Tenants.

pub(crate) mod external_id;
pub(crate) mod limits;
pub(crate) mod metadata;
pub(crate) mod name;
pub(crate) mod revisions;
pub(crate) mod state;

use pg_timestamp::Timestamp;
use sha2::{Digest as _, Sha256};
use tenant_limits::{Overrides, RequestLimits};
use tenant_registry::TenantId;
use uuid::{Builder, Uuid};

use self::external_id::ExternalId;
use self::limits::Limits;
use self::metadata::Metadata;
use self::metadata::change::MetadataChange;
use self::name::TenantName;
use self::state::TenantState;
use crate::actor::Actor;
use crate::plan::name::PlanName;

/// A tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, unique among tenants.
    pub name: TenantName,
    /// Its id in another system, unique among tenants.
    pub external_id: Option<ExternalId>,
    /// Operators' own properties of it.
    pub metadata: Metadata,
    /// Its part of the connection budget.
    pub limits: Limits,
    /// Its plan.
    pub plan: PlanName,
    /// The limits of its plan.
    pub plan_limits: RequestLimits,
    /// What it has in place of these.
    pub overrides: Overrides,
    /// Its state.
    pub state: TenantState,
    /// Counts changes that are relevant for pools.
    pub version: i64,
    /// Counts changes that are visible to operators.
    pub revision: i64,
    /// While offboarding: when its data is purged.
    pub purge_at: Option<Timestamp>,
    /// Since when the server refuses its login, as far as is known: the login was changed by SQL.
    pub login_refused_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Tenant {
    /// The limits of its requests: its plan's, with what it overrides.
    pub fn request_limits(&self) -> RequestLimits {
        self.overrides.over(&self.plan_limits)
    }
}

/// A tenant to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTenant {
    /// Its id; `None` for the request's, or a fresh one.
    pub id: Option<TenantId>,
    /// Its name.
    pub name: TenantName,
    /// Its id in another system.
    pub external_id: Option<ExternalId>,
    /// Operators' own properties of it.
    pub metadata: Metadata,
    /// Its part of the connection budget.
    pub limits: Limits,
    /// Its plan.
    pub plan: PlanName,
    /// What it has in place of the plan's limits.
    pub overrides: Overrides,
    /// The id of the request, see [`NewTenant::request_of`]: a repeated request finds the tenant that it has created.
    pub request: Option<Uuid>,
}

impl NewTenant {
    /// The id of a caller's request with this idempotency key. It is the same for each repetition, so that one after a
    /// crash finds the tenant that was created. It is also the tenant's id if the request names none. A UUID of version 8
    /// (RFC 9562) from SHA-256.
    pub fn request_of(actor: &Actor, key: &str) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(b"tenantry tenant by idempotency key\0");
        hash.update(actor.token.unwrap_or_default());
        hash.update(key);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// A tenant of this name, with a fresh id, the service's default limits and the default plan.
    pub fn named(name: TenantName) -> Self {
        Self {
            id: None,
            name,
            external_id: None,
            metadata: Metadata::default(),
            limits: Limits::default(),
            plan: PlanName::default(),
            overrides: Overrides::default(),
            request: None,
        }
    }
}

/// A change of a tenant. A field that is `None` stays unchanged.
#[derive(Debug, Clone, Default)]
pub struct TenantChange {
    /// Its name.
    pub name: Option<TenantName>,
    /// Its id in another system; `Some(None)` removes it.
    pub external_id: Option<Option<ExternalId>>,
    /// Operators' own properties.
    pub metadata: Option<MetadataChange>,
    /// The maximum of connections; `Some(None)` for the service's default.
    pub max_connections: Option<Option<u32>>,
    /// The reserved connections.
    pub reserved_connections: Option<u32>,
    /// Its plan.
    pub plan: Option<PlanName>,
    /// All that it has in place of the plan's limits.
    pub overrides: Option<Overrides>,
}
