//! Field types of a tenant's id and connection limits, and the schemas of its other fields.

use control_plane::{ExternalId, Metadata, TenantName};
use serde::Deserialize;
use tenant_registry::{MAX_CONNECTIONS_PER_TENANT, TenantId};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use uuid::Uuid;
use web::openapi::{name_schema, or_null};
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

/// The schema of a tenant's name.
pub(super) fn tenant_name() -> RefOr<Schema> {
    name_schema(
        TenantName::MAX,
        "The name, unique among tenants: printable characters without white space around them, in Unicode's form NFC. Not a UUID.",
    )
}

/// The schema of an external id.
pub(super) fn external_id() -> RefOr<Schema> {
    name_schema(
        ExternalId::MAX,
        "The id in another system, unique among tenants: without control characters and white space around it.",
    )
}

/// The same, or `null`.
pub(super) fn nullable_external_id() -> RefOr<Schema> {
    or_null(external_id())
}

/// The schema of a merge patch of metadata, or `null`.
pub(super) fn metadata_patch() -> RefOr<Schema> {
    let patch = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "Members to set, objects member by member; `null` removes a member. `null` in its place removes all.",
        ))
        .into();
    or_null(patch)
}

/// The schema of metadata.
pub(super) fn metadata() -> RefOr<Schema> {
    let description = format!(
        "A JSON object of your own, of at most {} levels and {} bytes. Each name stands once in its object.",
        Metadata::DEEPEST,
        Metadata::MAX
    );
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .into()
}
