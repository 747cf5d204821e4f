//! `POST /admin/v1/admin-tokens/{id}/revoke`

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use control_plane::{ControlPlane, RevokeError};
use web::{Code, Json, NoBody, NoQuery, PathId, Problem};

use super::view;
use crate::attempts::Audited;
use crate::auth::{AdminAuth, Caller};
use crate::store_failed::store_failed;

/// Revoke an admin token
///
/// The last one of the role admin stays, unless one is configured.
#[utoipa::path(
    post,
    path = "/admin/v1/admin-tokens/{id}/revoke",
    operation_id = "revokeAdminToken",
    responses((
        status = 200,
        body = admin_types::AdminToken,
        description = "The token as it is now, also if it was revoked before."
    ))
)]
pub(super) async fn revoke(
    State(plane): State<ControlPlane>,
    State(auth): State<AdminAuth>,
    Caller(actor): Caller,
    _: NoQuery,
    PathId(id): PathId,
    _: NoBody,
) -> Result<Response, Problem> {
    let revoked = plane
        .store()
        .revoke_admin_token(&actor, id, auth.has_configured())
        .await;
    let (token, now) = revoked.map_err(refuse)?;
    auth.forget(id);
    let audited = now.then_some(Extension(Audited));
    Ok((audited, Json(view::token(token))).into_response())
}

fn refuse(error: RevokeError) -> Problem {
    match error {
        RevokeError::Unknown => Code::NotFound.into(),
        RevokeError::LastAdmin => Problem::new(Code::Conflict)
            .detail("it is the last token of the role admin, and none is configured: make another one first"),
        RevokeError::Store(error) => store_failed(error),
    }
}
