//! `tenantry tenant change`

use serde_json::{Value, json};

use super::{set, show};
use crate::cli::tenant::ChangeArgs;
use crate::client::{ClientError, Request, TENANTS};
use crate::commands::session::Session;

pub(super) async fn run(session: &Session, args: ChangeArgs) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    let path = format!("{TENANTS}/{id}");
    let tag = if let Some(tag) = args.if_match {
        tag.0
    } else {
        let read = session.client.send(&Request::get(&path)).await?;
        read.etag.ok_or(ClientError::NotUnderstood("it has no ETag"))?
    };
    let mut body = json!({});
    set(&mut body, "name", args.name);
    set(&mut body, "external_id", args.external_id);
    set(
        &mut body,
        "external_id",
        args.no_external_id.then_some(Value::Null),
    );
    set(&mut body, "metadata", args.metadata);
    set(&mut body, "max_connections", args.max_connections);
    set(
        &mut body,
        "max_connections",
        args.no_max_connections.then_some(Value::Null),
    );
    set(&mut body, "reserved_connections", args.reserved_connections);
    let request = Request::patch(path).json(&body).if_match(Some(&tag));
    show(session, session.client.send(&request).await?)
}
