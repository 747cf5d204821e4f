//! Tenants, as operators see them.

mod create;
mod list;
mod show;

use axum::routing::{MethodRouter, get};
use control_plane::{StoreError, Tenant, TenantState};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;
use web::read::timestamp;
use web::{Code, Problem};

use crate::plane::AdminState;

const COLLECTION: &str = "/admin/v1/tenants";
const MEMBER: &str = "/admin/v1/tenants/{id}";

/// The routes of tenants.
pub(crate) fn routes() -> Vec<(&'static str, MethodRouter<AdminState>)> {
    vec![
        (COLLECTION, get(list::list).post(create::create)),
        (MEMBER, get(show::show)),
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

/// What a client is told when the control store fails.
fn store_failed(error: StoreError) -> Problem {
    let code = match error {
        StoreError::Postgres(_) => Code::ControlStoreDown,
        StoreError::Invalid(_) => Code::Internal,
    };
    Problem::new(code).caused_by(error)
}
