//! `POST /admin/v1/api-keys/{id}/expire` and `/revoke`

use axum::extract::State;
use axum::{Extension, Json};
use control_plane::{Actor, ApiKeyChange, ChangeKeyError, ControlPlane};
use uuid::Uuid;
use web::read::Patch;
use web::read::rule::timestamp;
use web::{Code, JsonObject, NoBody, NoQuery, PathId, Problem};

use super::view::ApiKeyView;
use crate::attempts::Audited;
use crate::auth::Caller;
use crate::store_failed::store_failed;

/// The key as it is now; a change stands in the audit log already.
type Changed = (Option<Extension<Audited>>, Json<ApiKeyView>);

/// Sets when the key ends, which may be at once; `null` for never. One that is revoked has ended.
pub(super) async fn expire(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    PathId(id): PathId,
    body: JsonObject,
) -> Result<Changed, Problem> {
    let mut fields = body.fields();
    let at = fields.nullable("expires_at", timestamp());
    if at.get() == Some(&Patch::Absent) {
        fields.wrong("expires_at", "is required; null for never");
    }
    let change = match fields.finish(at)? {
        Patch::Value(at) => ApiKeyChange::Expire(Some(at)),
        Patch::Null | Patch::Absent => ApiKeyChange::Expire(None),
    };
    changed(&plane, &actor, id, change).await
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
    let changed = plane.store().change_api_key(actor, id, change).await;
    let (key, now) = changed.map_err(|error| match error {
        ChangeKeyError::Unknown => Code::NotFound.into(),
        ChangeKeyError::Revoked => Problem::new(Code::Conflict).detail("the key is revoked, for good"),
        ChangeKeyError::Store(error) => store_failed(error),
    })?;
    Ok((now.then_some(Extension(Audited)), Json(key.into())))
}
