//! `GET /admin/v1/tenants`

use axum::extract::State;
use control_plane::{
    ControlPlane, CreatedAt, ExternalId, PlanName, Tenant, TenantFilter, TenantName, TenantState,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::{RefOr, Schema};
use web::openapi::one_of;
use web::page::{After, Cursor, Limit, Sorted};
use web::read::Text;
use web::{Json, Page, Problem, Query};

use super::{COLLECTION, view};
use crate::created::Created;
use crate::page::page;
use crate::plans::plan_name;
use crate::store_failed::store_failed;

/// The order of the list.
pub(super) struct ByCreation;

impl Sorted for ByCreation {
    const SHAPE: &str = "tenants created_at asc";
    type Key = Created;
}

/// The parameters of the list.
#[derive(Deserialize, IntoParams)]
pub(super) struct ListTenants {
    limit: Option<Limit>,
    #[param(value_type = Option<Cursor>)]
    cursor: Option<After<ByCreation>>,
    #[param(schema_with = states)]
    state: Option<TenantState>,
    /// The first characters of the name.
    name_prefix: Option<Text<1, { TenantName::MAX }>>,
    /// The whole external id.
    external_id: Option<Text<1, { ExternalId::MAX }>>,
    #[param(schema_with = plan_name)]
    plan: Option<PlanName>,
}

fn states() -> RefOr<Schema> {
    one_of(TenantState::ALL.map(TenantState::as_str))
}

/// List tenants
///
/// A page of tenants, sorted by creation time; without purged ones unless `state=purged`.
#[utoipa::path(
    get,
    path = COLLECTION,
    operation_id = "listTenants",
    responses((status = 200, body = admin_types::Page<admin_types::Tenant>, description = "A page; `next_cursor` is `null` on the last one."))
)]
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    Query(query): Query<ListTenants>,
) -> Result<Json<admin_types::Page<admin_types::Tenant>>, Problem> {
    let limit = query.limit.unwrap_or_default();
    let after = query.cursor.map(|After(key)| CreatedAt::from(key));
    let filter = TenantFilter {
        state: query.state,
        name_prefix: query.name_prefix.map(String::from),
        external_id: query.external_id.map(String::from),
        plan: query.plan,
    };
    let tenants = plane.store().tenants(&filter, after, limit.fetch()).await;
    let tenants = Page::new(
        tenants.map_err(store_failed)?,
        limit,
        ByCreation::SHAPE,
        |last: &Tenant| Created {
            at: last.created_at,
            id: last.id.as_uuid(),
        },
    )?;
    Ok(page(tenants, view::tenant))
}
