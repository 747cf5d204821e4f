//! `tenantry tenant`

mod change;
mod create;
mod lead;

use control_plane::TenantState;
use serde_json::Value;

use super::session::{Outcome, Session};
use crate::cli::service::{FollowArgs, ServiceArgs};
use crate::cli::tenant::TenantCommand;
use crate::client::{Answer, ClientError, Request, TENANTS};
use crate::config::Inputs;
use crate::output::Column;

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
    Column::moment("purged at", "/purge_at"),
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
            session.show_at(format!("{TENANTS}/{id}"), SHOWN).await
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
        Some(Outcome::AtOnce(tenant)) => session.show(&tenant, SHOWN),
        Some(Outcome::Operation(operation)) => {
            let id = operation["tenant_id"].as_str();
            let id = id.ok_or(ClientError::NotUnderstood("it names no tenant"))?;
            session.show_at(format!("{TENANTS}/{id}"), SHOWN).await
        }
    }
}

/// A field of a request's body, if there is something to say.
fn set(body: &mut Value, field: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body[field] = value.into();
    }
}
