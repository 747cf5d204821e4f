//! `POST /admin/v1/tenants`

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{ControlPlane, CreateError, Taken, TenantName};
use http::{StatusCode, header};
use tenant_registry::{BudgetedPool, Registry, TenantId};
use web::read::rule::{text, uuid};
use web::{Code, JsonObject, NoQuery, Problem};

use super::{COLLECTION, TenantView, store_failed};

/// Creates a tenant: 201 with its place in `Location`. One that was left half done is gone on with when its id and
/// name are sent again.
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    State(registry): State<Registry<BudgetedPool>>,
    _: NoQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    let mut fields = body.fields();
    let name = fields.required("name", text(1..=TenantName::MAX));
    let id = fields.optional("id", uuid());
    let checked = name.get().map(|name| TenantName::new(name.as_str()));
    if let Some(Err(wrong)) = &checked {
        fields.wrong("name", wrong.to_string());
    }
    // What a client sends that forgot to fill in its id.
    if id
        .get()
        .copied()
        .flatten()
        .is_some_and(|id| id.is_nil() || id.is_max())
    {
        fields.wrong("id", "must not be the nil or the max UUID");
    }
    let (name, id) = fields.finish((name, id))?;
    let name = TenantName::new(name).map_err(Problem::internal)?;

    let tenant = plane
        .create_tenant(name, id.map(TenantId::new))
        .await
        .map_err(refuse)?;
    // Who asked for it before was told that it is not there or not ready, and that is remembered for a moment. Here the
    // next request finds it; elsewhere the notice of the change sees to that.
    registry.invalidate(tenant.id);
    let location = format!("{COLLECTION}/{}", tenant.id);
    let view = TenantView::from(tenant);
    Ok((
        StatusCode::CREATED,
        AppendHeaders([(header::LOCATION, location)]),
        Json(view),
    )
        .into_response())
}

fn refuse(error: CreateError) -> Problem {
    match error {
        CreateError::Exists(Taken::Id) => Problem::new(Code::TenantExists).detail("the id is taken"),
        CreateError::Exists(Taken::Name) => Problem::new(Code::TenantExists).detail("the name is taken"),
        CreateError::Store(error) => store_failed(error),
        CreateError::NotProvisioned { tenant, .. } => {
            let detail = format!(
                "tenant {tenant} is committed but has no roles yet; send it again with this id and name"
            );
            Problem::new(Code::TenantNotReady).detail(detail).caused_by(error)
        }
        CreateError::Vault(_) | CreateError::Scram(_) | CreateError::Interrupted => Problem::internal(error),
    }
}
