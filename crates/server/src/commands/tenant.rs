//! `tenantry tenant`

mod change;
mod create;
mod lead;

use std::fmt::Display;

use control_plane::TenantState;
use serde_json::Value;

use super::session::{Outcome, Session};
use crate::cli::service::{FollowArgs, ServiceArgs};
use crate::cli::tenant::TenantCommand;
use crate::client::{Answer, ClientError, Request, TENANTS};
use crate::config::Inputs;
use crate::output::Column;

/// Where the version is put that --if-match takes.
const VERSION: &str = "/version";

const LISTED: &[Column] = &[
    Column::whole("id", "/id"),
    Column::text("name", "/name"),
    Column::state("state", "/state"),
    Column::number("max", "/max_connections"),
    Column::number("reserved", "/reserved_connections"),
    Column::moment("created", "/created_at"),
    Column::text("external id", "/external_id"),
];

const SHOWN: &[Column] = &[
    Column::whole("id", "/id"),
    Column::text("name", "/name"),
    Column::text("external id", "/external_id"),
    Column::state("state", "/state"),
    Column::json("metadata", "/metadata"),
    Column::number("max connections", "/max_connections"),
    Column::number("reserved connections", "/reserved_connections"),
    Column::moment("to be purged at", "/purge_at"),
    Column::moment("login refused since", "/login_refused_at"),
    Column::text("version", VERSION),
    Column::moment("created", "/created_at"),
    Column::moment("updated", "/updated_at"),
];

/// Goes by way of the running service.
pub(super) async fn run(inputs: &Inputs, command: TenantCommand, service: ServiceArgs) -> anyhow::Result<()> {
    let session = Session::open(inputs, &service)?;
    match command {
        TenantCommand::Create(args) => create::run(&session, args).await,
        TenantCommand::List {
            state,
            name_prefix,
            external_id,
            page,
        } => {
            let request = Request::get(TENANTS)
                .maybe("state", state.map(TenantState::as_str))
                .maybe("name_prefix", name_prefix)
                .maybe("external_id", external_id);
            session.list(request, &page, LISTED, |_| String::new()).await
        }
        TenantCommand::Show { tenant } => {
            let id = session.client.tenant(&tenant).await?;
            show_at(&session, id).await
        }
        TenantCommand::Change(args) => change::run(&session, args).await,
        TenantCommand::Suspend(args) => lead::run(&session, args, "suspend").await,
        TenantCommand::Resume(args) => lead::run(&session, args, "resume").await,
        TenantCommand::Undelete(args) => lead::run(&session, args, "undelete").await,
        TenantCommand::Delete { lead, grace, yes } => lead::delete(&session, lead, grace, yes).await,
        TenantCommand::Purge { lead, yes } => lead::purge(&session, lead, yes).await,
    }
}

/// Waits for what was answered and shows the tenant as it is then.
async fn conclude(session: &Session, answer: Answer, follow: FollowArgs) -> anyhow::Result<()> {
    match session.carry_through(answer, follow).await? {
        None => Ok(()),
        Some(Outcome::AtOnce(tenant)) => show(session, tenant),
        Some(Outcome::Operation(operation)) => {
            let id = operation["tenant_id"].as_str();
            let id = id.ok_or(ClientError::NotUnderstood("it names no tenant"))?;
            show_at(session, id).await
        }
    }
}

async fn show_at(session: &Session, id: impl Display) -> anyhow::Result<()> {
    let path = format!("{TENANTS}/{id}");
    show(session, session.client.send(&Request::get(path)).await?)
}

/// Shows the tenant; people see its entity tag as well, which the document does not have.
fn show(session: &Session, Answer { mut body, etag, .. }: Answer) -> anyhow::Result<()> {
    let version = etag.as_deref().map(|tag| tag.trim_matches('"'));
    if let (false, Some(fields)) = (session.json, body.as_object_mut()) {
        fields.insert(VERSION[1..].to_owned(), version.into());
    }
    session.show(&body, SHOWN)
}

/// A field of a request's body, if there is something to say.
fn set(body: &mut Value, field: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body[field] = value.into();
    }
}
