//! `POST /admin/v1/tenants/{id}/api-keys`

use admin_types::CreatedApiKey;
use axum::Extension;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{
    ApiKeyName, ApiKeyScope, ApiKeyScopes, ApiKeySecret, ChangeError, ControlPlane, CreateKeyError, NewApiKey,
};
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use web::openapi::{name_schema, nullable};
use web::read::{Rfc3339, wrong_field};
use web::{Json, NoQuery, PathId, Problem};

use super::view::api_key;
use crate::attempts::Audited;
use crate::auth::Caller;
use crate::codes;
use crate::shown_once::ShownOnce;
use crate::store_failed::store_failed;

/// A new API key.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"name": "billing", "scopes": ["read"]}))]
pub(super) struct CreateApiKey {
    #[schema(schema_with = key_name)]
    name: ApiKeyName,
    /// Left out or `null` for never.
    #[schema(schema_with = nullable::<Rfc3339>, required = false)]
    #[expect(clippy::option_option, reason = "both are sent, and mean the same")]
    expires_at: Option<Option<Rfc3339>>,
    /// Left out for all.
    #[schema(schema_with = scopes, required = false)]
    scopes: Option<ApiKeyScopes>,
}

fn key_name() -> RefOr<Schema> {
    name_schema(ApiKeyName::MAX, "What the key is for, in printable characters.")
}

fn scopes() -> RefOr<Schema> {
    let all = ApiKeyScopes::ALL.iter().map(ApiKeyScope::as_str);
    let names = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(all));
    ArrayBuilder::new()
        .items(names)
        .min_items(Some(1))
        .unique_items(true)
        .description(Some(
            "What the key allows, all if left out; `write` does not include `read`.",
        ))
        .into()
}

/// Create an API key of a tenant
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{id}/api-keys",
    operation_id = "createApiKey",
    tag = "api-keys",
    responses((
        status = 201,
        body = CreatedApiKey,
        description = "The key itself is in `secret`, this once.",
        headers(("location" = String, description = "The path of the key."))
    ))
)]
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    PathId(id): PathId,
    Json(new): Json<CreateApiKey>,
) -> Result<Response, Problem> {
    let new = NewApiKey {
        name: new.name,
        scopes: new.scopes.unwrap_or(ApiKeyScopes::ALL),
        expires_at: new.expires_at.flatten().map(Into::into),
    };
    let secret = ApiKeySecret::generate().map_err(Problem::internal)?;
    let key = plane.create_api_key(&actor, id.into(), &new, &secret).await;
    let key = key.map_err(refuse)?;
    let location = format!("/admin/v1/api-keys/{}", key.id);
    let created = CreatedApiKey {
        key: api_key(key),
        secret: None,
    };
    let shown = ShownOnce::new(created, secret.expose().to_owned().into());
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
        CreateKeyError::AlreadyExpired => wrong_field("expires_at", "must be in the future"),
        CreateKeyError::Tenant(ChangeError::Unknown(_)) => codes::TENANT_UNKNOWN.into(),
        CreateKeyError::Tenant(ChangeError::Store(error)) => store_failed(error),
        CreateKeyError::Tenant(error) => Problem::new(codes::TENANT_STATE).detail(error.to_string()),
    }
}
