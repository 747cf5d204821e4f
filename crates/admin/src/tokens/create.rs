//! `POST /admin/v1/admin-tokens`

use axum::Extension;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{AdminToken, ControlPlane, CreateTokenError, Expiry, NewAdminToken};
use http::{StatusCode, header};
use web::error::FieldError;
use web::read::rule::{choice, text, timestamp};
use web::{JsonObject, NoQuery, Patch, Problem};

use super::{COLLECTION, ROLES};
use crate::attempts::Audited;
use crate::auth::Caller;
use crate::shown_once::ShownOnce;
use crate::store_failed::store_failed;

/// Makes a token: 201, with the token itself in `token`, this once.
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    let mut fields = body.fields();
    let name = fields.required("name", text(1..=NewAdminToken::LONGEST_NAME));
    let role = fields.required("role", choice(&ROLES));
    let expires_at = fields.nullable("expires_at", timestamp());
    if let Some(wrong) = name.get().and_then(|name| NewAdminToken::unfit(name)) {
        fields.wrong("name", wrong);
    }
    let (name, role, expires_at) = fields.finish((name, role, expires_at))?;
    let expiry = match expires_at {
        Patch::Value(moment) => Expiry::At(moment),
        Patch::Null | Patch::Absent => Expiry::Never,
    };

    let token = AdminToken::generate().map_err(Problem::internal)?;
    let new = NewAdminToken { name, role, expiry };
    let made = plane.store().create_admin_token(&actor, &new, &token).await;
    let made = made.map_err(refuse)?;
    let location = format!("{COLLECTION}/{}", made.id);
    let shown = ShownOnce::new(&made, "token", token.expose().to_owned().into())?;
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
        CreateTokenError::AlreadyExpired => Problem::validation(vec![FieldError {
            field: "expires_at".to_owned(),
            detail: "must be in the future".into(),
        }]),
        CreateTokenError::Store(error) => store_failed(error),
    }
}
