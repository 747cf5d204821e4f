//! Tenants, as operators see them.

mod create;
mod list;
mod show;

use axum::routing::{get, post};
use control_plane::{Tenant, TenantState};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;
use web::read::timestamp;

use crate::routes::Route;
use crate::store_failed::store_failed;

const COLLECTION: &str = "/admin/v1/tenants";
const MEMBER: &str = "/admin/v1/tenants/{id}";

/// The routes of tenants.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at(COLLECTION)
            .viewer(get(list::list))
            .operator(post(create::create)),
        Route::at(MEMBER).viewer(get(show::show)),
    ]
}

/// A tenant, as it is shown.
#[derive(Serialize)]
struct TenantView {
    id: Uuid,
    name: String,
    state: TenantState,
    #[serde(serialize_with = "timestamp::serialize")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp::serialize")]
    updated_at: OffsetDateTime,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.as_uuid(),
            name: tenant.name.as_str().to_owned(),
            state: tenant.state,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}
