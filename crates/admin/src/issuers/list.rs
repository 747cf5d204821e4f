//! `GET /admin/v1/issuers`

use std::sync::Arc;

use admin_types::Issuer;
use axum::extract::State;
use web::page::{Paging, Sorted};
use web::{Json, Page, Problem, Query};

use super::Issuers;
use crate::page::page;

/// The order of the list.
pub(super) struct ByName;

impl Sorted for ByName {
    const SHAPE: &str = "issuers issuer asc";
    type Key = String;
}

/// List the issuers of tokens
///
/// As this replica has their keys; others fetch their own. An issuer without keys fails no readiness probe: tokens of it get
/// `TOKEN_KEYS_UNAVAILABLE`, all other requests are served.
#[utoipa::path(
    get,
    path = "/admin/v1/issuers",
    operation_id = "listIssuers",
    responses((status = 200, body = admin_types::Page<Issuer>, description = "A page; `next_cursor` is `null` on the last one."))
)]
pub(super) async fn list(
    State(issuers): State<Arc<dyn Issuers>>,
    Query(paging): Query<Paging<ByName>>,
) -> Result<Json<admin_types::Page<Issuer>>, Problem> {
    let limit = paging.limit();
    let after = paging.after();

    let mut issuers = issuers.issuers();
    issuers.retain(|issuer| after.as_ref().is_none_or(|after| issuer.issuer > *after));
    issuers.sort_by(|one, other| one.issuer.cmp(&other.issuer));
    issuers.truncate(usize::try_from(limit.fetch()).unwrap_or(usize::MAX));
    let issuers = Page::new(issuers, limit, ByName::SHAPE, |last| last.issuer.clone())?;
    Ok(page(issuers, |issuer| issuer))
}
