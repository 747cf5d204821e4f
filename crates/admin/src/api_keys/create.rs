//! `POST /admin/v1/tenants/{id}/api-keys`

use axum::Extension;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{ApiKeySecret, ChangeError, ControlPlane, CreateKeyError};
use http::{StatusCode, header};
use web::read::rule::{text, timestamp};
use web::{Code, FieldError, JsonObject, NoQuery, Patch, PathId, Problem};

use super::view::ApiKeyView;
use crate::attempts::Audited;
use crate::auth::Caller;
use crate::shown_once::ShownOnce;
use crate::store_failed::store_failed;

/// The most characters of a key's name.
const NAME: usize = 100;

/// Makes an API key of a tenant's: 201, with the key itself in `secret`, this once.
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    PathId(id): PathId,
    body: JsonObject,
) -> Result<Response, Problem> {
    let mut fields = body.fields();
    let name = fields.required("name", text(1..=NAME));
    let expires_at = fields.nullable("expires_at", timestamp());
    let (name, expires_at) = fields.finish((name, expires_at))?;
    let expires_at = match expires_at {
        Patch::Value(at) => Some(at),
        Patch::Null | Patch::Absent => None,
    };

    let secret = ApiKeySecret::generate().map_err(Problem::internal)?;
    let store = plane.store();
    let key = store
        .insert_api_key(&actor, id.into(), &name, expires_at, &secret)
        .await;
    let key = key.map_err(refuse)?;
    let location = format!("/admin/v1/api-keys/{}", key.id);
    let shown = ShownOnce::new(
        &ApiKeyView::from(key),
        "secret",
        secret.expose().to_owned().into(),
    )?;
    Ok((
        StatusCode::CREATED,
        Extension(Audited),
        AppendHeaders([(header::LOCATION, location)]),
        shown,
    )
        .into_response())
}

fn refuse(error: CreateKeyError) -> Problem {
    match error {
        CreateKeyError::AlreadyExpired => Problem::validation(vec![FieldError {
            field: "expires_at".to_owned(),
            detail: "must be in the future".into(),
        }]),
        CreateKeyError::Tenant(ChangeError::Unknown(_)) => Code::TenantUnknown.into(),
        CreateKeyError::Tenant(ChangeError::Store(error)) => store_failed(error),
        CreateKeyError::Tenant(error) => Problem::new(Code::TenantStateConflict).detail(error.to_string()),
    }
}
