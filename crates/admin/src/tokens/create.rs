//! `POST /admin/v1/admin-tokens`

use admin_types::CreatedAdminToken;
use axum::Extension;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{
    AdminToken, ControlPlane, CreateTokenError, Expiry, NewAdminToken, Role, TokenNameError,
};
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};
use web::openapi::{name_schema, nullable, one_of};
use web::read::{Rfc3339, wrong_field};
use web::{Json, NoQuery, Problem};

use super::{COLLECTION, view};
use crate::attempts::Audited;
use crate::auth::Caller;
use crate::shown_once::ShownOnce;
use crate::store_failed::store_failed;

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"name": "ops", "role": "operator"}))]
pub(super) struct CreateToken {
    #[schema(schema_with = token_name)]
    name: TokenName,
    #[schema(schema_with = roles)]
    role: Role,
    /// Left out or `null` for never.
    #[schema(schema_with = nullable::<Rfc3339>, required = false)]
    #[expect(clippy::option_option, reason = "both are sent, and mean the same")]
    expires_at: Option<Option<Rfc3339>>,
}

/// The name of a token.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct TokenName(String);

impl TryFrom<String> for TokenName {
    type Error = TokenNameError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        NewAdminToken::named(&name).map(Self)
    }
}

fn token_name() -> RefOr<Schema> {
    name_schema(
        NewAdminToken::LONGEST_NAME,
        "Who has the token, in printable characters. Audit entries name it.",
    )
}

fn roles() -> RefOr<Schema> {
    one_of(Role::ALL.map(Role::as_str))
}

/// Create an admin token
#[utoipa::path(
    post,
    path = COLLECTION,
    operation_id = "createAdminToken",
    responses((
        status = 201,
        body = CreatedAdminToken,
        description = "The token itself is in `token`, this once.",
        headers(("location" = String, description = "The path of the token."))
    ))
)]
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    Json(body): Json<CreateToken>,
) -> Result<Response, Problem> {
    let expires_at = body.expires_at.flatten();
    let new = NewAdminToken {
        name: body.name.0,
        role: body.role,
        expiry: expires_at.map_or(Expiry::Never, |moment| Expiry::At(moment.into())),
    };
    let token = AdminToken::generate().map_err(Problem::internal)?;
    let made = plane.store().create_admin_token(&actor, &new, &token).await;
    let made = made.map_err(refuse)?;
    let location = format!("{COLLECTION}/{}", made.id);
    let created = CreatedAdminToken {
        kept: view::token(made),
        token: None,
    };
    let shown = ShownOnce::new(created, token.expose().to_owned().into());
    Ok((
        StatusCode::CREATED,
        AppendHeaders([(header::LOCATION, location)]),
        Extension(Audited),
        shown,
    )
        .into_response())
}

fn refuse(error: CreateTokenError) -> Problem {
    match error {
        CreateTokenError::AlreadyExpired => wrong_field("expires_at", "must be in the future"),
        CreateTokenError::Store(error) => store_failed(error),
    }
}
