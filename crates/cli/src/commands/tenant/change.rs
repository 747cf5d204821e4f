//! `tenantry tenant change`

use serde::Serialize;
use serde_json::value::RawValue;

use super::show;
use crate::args::ChangeArgs;
use crate::client::{ClientError, Request, TENANTS};
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
}

pub(super) async fn run(session: &Session, args: ChangeArgs) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    let path = format!("{TENANTS}/{id}");
    let tag = if let Some(tag) = args.if_match {
        tag.0
    } else {
        let read = session.client.send(&Request::get(&path)).await?;
        read.etag.ok_or(ClientError::InvalidAnswer("it has no ETag"))?
    };
    let body = TenantChange {
        name: args.name,
        external_id: changed(args.external_id, args.no_external_id),
        metadata: args.metadata,
        max_connections: changed(args.max_connections, args.no_max_connections),
        reserved_connections: args.reserved_connections,
    };
    let request = Request::patch(path).json(&body)?.if_match(Some(&tag));
    show(session, &session.client.send(&request).await?)
}

#[expect(clippy::option_option, reason = "as the body has it")]
fn changed<T>(set: Option<T>, remove: bool) -> Option<Option<T>> {
    if remove { Some(None) } else { set.map(Some) }
}
