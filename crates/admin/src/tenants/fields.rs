//! Field types of a tenant's id and connection limits.

use serde::Deserialize;
use tenant_registry::{MAX_CONNECTIONS_PER_TENANT, TenantId};
use uuid::Uuid;
use web::read::{Id, Integer};

const MOST_CONNECTIONS: i64 = MAX_CONNECTIONS_PER_TENANT as i64;

/// The tenant's connection limit.
pub(super) type MaxConnections = Integer<1, MOST_CONNECTIONS>;

/// The tenant's reservation.
pub(super) type ReservedConnections = Integer<0, MOST_CONNECTIONS>;

/// The id of a new tenant. Not nil or max, which indicate an id that the client has not set.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Id")]
pub(super) struct NewId(pub(super) TenantId);

impl TryFrom<Id> for NewId {
    type Error = &'static str;

    fn try_from(id: Id) -> Result<Self, Self::Error> {
        let id = Uuid::from(id);
        if id.is_nil() || id.is_max() {
            return Err("must not be the nil or the max UUID");
        }
        Ok(Self(id.into()))
    }
}
