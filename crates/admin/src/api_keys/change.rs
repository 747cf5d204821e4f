//! `POST /admin/v1/api-keys/{id}/expire` and `/revoke`

use axum::Extension;
use axum::extract::State;
use control_plane::{Actor, ApiKeyChange, ChangeKeyError, ControlPlane};
use serde::Deserialize;
use uuid::Uuid;
use web::read::Rfc3339;
use web::{Code, Json, NoBody, NoQuery, PathId, Problem};

use super::view::api_key;
use crate::attempts::Audited;
use crate::auth::Caller;
use crate::store_failed::store_failed;

/// The key as it is now; a change stands in the audit log already.
type Changed = (Option<Extension<Audited>>, Json<admin_types::ApiKey>);

/// The new end of a key.
#[derive(Debug, Deserialize)]
pub(super) struct ExpireApiKey {
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

/// Sets when the key ends, which may be at once; `null` for never. One that is revoked has ended.
pub(super) async fn expire(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    PathId(id): PathId,
    Json(ExpireApiKey { expires_at: End(at) }): Json<ExpireApiKey>,
) -> Result<Changed, Problem> {
    changed(&plane, &actor, id, ApiKeyChange::Expire(at.map(Into::into))).await
}

/// Refuses the key from now on, for good: 200, also when it was revoked before.
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
