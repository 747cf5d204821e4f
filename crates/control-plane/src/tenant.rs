//! A tenant as operators see it.

mod external_id;
mod limits;
mod metadata;
mod name;
mod state;

use pg_timestamp::Timestamp;
use sha2::{Digest as _, Sha256};
use tenant_registry::TenantId;
use uuid::{Builder, Uuid};

use crate::actor::Actor;

pub use self::external_id::{ExternalId, ExternalIdError};
pub use self::limits::{Limits, LimitsError, LoginLimit};
pub use self::metadata::{Metadata, MetadataError};
pub use self::name::{TenantName, TenantNameError};
pub use self::state::TenantState;

/// A tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// Its id, as requests name it.
    pub id: TenantId,
    /// Its name, unique among tenants.
    pub name: TenantName,
    /// Its id in another system, unique among tenants.
    pub external_id: Option<ExternalId>,
    /// What operators note of it.
    pub metadata: Metadata,
    /// How many connections it may hold.
    pub limits: Limits,
    /// Where it stands in its life.
    pub state: TenantState,
    /// Counts every change that a pool must learn of.
    pub version: i64,
    /// Counts every change that an operator can see.
    pub revision: i64,
    /// While offboarding: when its data goes.
    pub purge_at: Option<Timestamp>,
    /// Since when the server has refused the password of its login, as far as is known: it was changed there by SQL.
    pub login_refused_at: Option<Timestamp>,
    /// When it was committed to the store.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// A tenant that is to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTenant {
    /// Its id; `None` for that of the request, or a fresh one.
    pub id: Option<TenantId>,
    /// Its name.
    pub name: TenantName,
    /// Its id in another system.
    pub external_id: Option<ExternalId>,
    /// What operators note of it.
    pub metadata: Metadata,
    /// How many connections it may hold.
    pub limits: Limits,
    /// The request that asks for it, as [`NewTenant::request_of`] tells it: the same one sent again finds the tenant that
    /// it has made.
    pub request: Option<Uuid>,
}

impl NewTenant {
    /// What tells a caller's request with this idempotency key from all others: the same each time, so that one that is
    /// sent again after a crash finds what it has made. Where it names no id, this is the tenant's. A UUID of version 8
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

    /// A tenant of this name, with a fresh id and the service's default limits.
    pub fn named(name: TenantName) -> Self {
        Self {
            id: None,
            name,
            external_id: None,
            metadata: Metadata::default(),
            limits: Limits::default(),
            request: None,
        }
    }
}

/// What is to change of a tenant; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TenantChange {
    /// Its name.
    pub name: Option<TenantName>,
    /// Its id in another system; `Some(None)` takes it away.
    pub external_id: Option<Option<ExternalId>>,
    /// What operators note of it, the whole of it.
    pub metadata: Option<Metadata>,
    /// The most connections; `Some(None)` for the service's default.
    pub max_connections: Option<Option<u32>>,
    /// The reserved connections.
    pub reserved_connections: Option<u32>,
}
