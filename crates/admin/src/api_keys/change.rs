//! `POST /admin/v1/api-keys/{id}/expire` and `/revoke`

use axum::Extension;
use axum::extract::State;
use control_plane::{Actor, ApiKeyChange, ChangeKeyError, ControlPlane};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::openapi::nullable;
use web::read::Rfc3339;
use web::{Code, Json, NoBody, NoQuery, PathId, Problem};

use super::view::api_key;
use crate::attempts::Audited;
use crate::auth::Caller;
use crate::store_failed::store_failed;

/// The key as it is now; a change stands in the audit log already.
type Changed = (Option<Extension<Audited>>, Json<admin_types::ApiKey>);

/// The new end of a key.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"expires_at": "2027-01-31T12:00:00Z"}))]
pub(super) struct ExpireApiKey {
    #[schema(schema_with = nullable::<Rfc3339>)]
    expires_at: End,
}

/// A moment, or `null` for never.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Option<Option<Rfc3339>>")]
struct End(Option<Rfc3339>);

impl TryFrom<Option<Option<Rfc3339>>> for End {
    type Error = &'static str;

    fn try_from(given: Option<Option<Rfc3339>>) -> Result<Self, Self::Error> {
        given.map(Self).ok_or("is required; null for never")
    }
}

/// Set the end of an API key
///
/// It may be in the past. A key that is revoked has ended.
#[utoipa::path(
    post,
    path = "/admin/v1/api-keys/{id}/expire",
    operation_id = "expireApiKey",
    tag = "api-keys",
    responses((status = 200, body = admin_types::ApiKey, description = "The key as it is now."))
)]
pub(super) async fn expire(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    PathId(id): PathId,
    Json(ExpireApiKey { expires_at: End(at) }): Json<ExpireApiKey>,
) -> Result<Changed, Problem> {
    changed(&plane, &actor, id, ApiKeyChange::Expire(at.map(Into::into))).await
}

/// Revoke an API key
///
/// Refuses the key from now on, for good.
#[utoipa::path(
    post,
    path = "/admin/v1/api-keys/{id}/revoke",
    operation_id = "revokeApiKey",
    tag = "api-keys",
    responses((
        status = 200,
        body = admin_types::ApiKey,
        description = "The key as it is now, also if it was revoked before."
    ))
)]
pub(super) async fn revoke(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    PathId(id): PathId,
    _: NoBody,
) -> Result<Changed, Problem> {
    changed(&plane, &actor, id, ApiKeyChange::Revoke).await
}

async fn changed(
    plane: &ControlPlane,
    actor: &Actor,
    id: Uuid,
    change: ApiKeyChange,
) -> Result<Changed, Problem> {
    let changed = plane.change_api_key(actor, id, change).await;
    let (key, now) = changed.map_err(|error| match error {
        ChangeKeyError::Unknown => Code::NotFound.into(),
        ChangeKeyError::Revoked => Problem::new(Code::Conflict).detail("the key is revoked, for good"),
        ChangeKeyError::Store(error) => store_failed(error),
    })?;
    Ok((now.then_some(Extension(Audited)), Json(api_key(key))))
}
