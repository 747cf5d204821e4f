//! `tenantry tenant create`

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::conclude;
use crate::args::CreateArgs;
use crate::client::{Request, TENANTS};
use crate::commands::limits::{LimitsBody, given};
use crate::commands::session::Session;

/// The body of the request.
#[derive(Serialize)]
struct NewTenant {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_connections: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_connections: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_overrides: Option<LimitsBody>,
}

pub(super) async fn run(session: &Session, args: CreateArgs) -> anyhow::Result<()> {
    let body = NewTenant {
        name: args.name,
        id: args.id,
        external_id: args.external_id,
        metadata: args.metadata,
        max_connections: args.max_connections,
        reserved_connections: args.reserved_connections,
        plan: args.plan,
        limit_overrides: given(&args.limits)?,
    };
    let request = Request::post(TENANTS).json(&body)?.respond_async();
    let answer = session.client.send(&request).await?;
    conclude(session, answer, args.follow).await
}
