//! `tenantry tenant change`

use admin_types::Tenant;
use serde::Serialize;
use serde_json::value::RawValue;

use super::show;
use crate::args::ChangeArgs;
use crate::client::{ClientError, Request, TENANTS};
use crate::commands::limits::{LimitsBody, over};
use crate::commands::session::Session;

/// The body of the request: a missing field stays as it is, `null` removes it.
#[derive(Serialize)]
#[expect(clippy::option_option, reason = "left out, null, or a value")]
struct TenantChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_connections: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_connections: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// All of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_overrides: Option<LimitsBody>,
}

pub(super) async fn run(session: &Session, args: ChangeArgs) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    let path = format!("{TENANTS}/{id}");
    let mut tag = args.if_match.map(|tag| tag.0);
    let mut limit_overrides = None;
    if tag.is_none() || !args.limits.is_empty() {
        let read = session.client.send(&Request::get(&path)).await?;
        if !args.limits.is_empty() {
            // Those that are not given stay as they are.
            let overrides = read.read::<Tenant>()?.limit_overrides.unwrap_or_default();
            limit_overrides = Some(over(overrides, &args.limits)?);
        }
        tag = tag.or(read.etag);
    }
    let tag = tag.ok_or(ClientError::InvalidAnswer("it has no ETag"))?;
    let body = TenantChange {
        name: args.name,
        external_id: changed(args.external_id, args.no_external_id),
        metadata: args.metadata,
        max_connections: changed(args.max_connections, args.no_max_connections),
        reserved_connections: args.reserved_connections,
        plan: args.plan,
        limit_overrides,
    };
    let request = Request::patch(path).json(&body)?.if_match(Some(&tag));
    show(session, &session.client.send(&request).await?)
}

#[expect(clippy::option_option, reason = "as the body has it")]
fn changed<T>(set: Option<T>, remove: bool) -> Option<Option<T>> {
    if remove { Some(None) } else { set.map(Some) }
}
