//! `tenantry tenant create`

use serde_json::json;

use super::{conclude, set};
use crate::cli::tenant::CreateArgs;
use crate::client::{Request, TENANTS};
use crate::commands::session::Session;

pub(super) async fn run(session: &Session, args: CreateArgs) -> anyhow::Result<()> {
    let mut body = json!({ "name": args.name });
    set(&mut body, "id", args.id.map(|id| id.to_string()));
    set(&mut body, "external_id", args.external_id);
    set(&mut body, "metadata", args.metadata);
    set(&mut body, "max_connections", args.max_connections);
    set(&mut body, "reserved_connections", args.reserved_connections);
    let request = Request::post(TENANTS).json(&body).respond_async();
    let answer = session.client.send(&request).await?;
    conclude(session, answer, args.follow).await
}
