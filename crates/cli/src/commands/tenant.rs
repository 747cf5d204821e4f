//! `tenantry tenant`

mod change;
mod create;
mod transition;

use admin_types::{LoginFault, Operation, Tenant};
use uuid::Uuid;

use super::limits::{overrides_text, text};
use super::operation::Outcome;
use super::session::Session;
use crate::args::{FollowArgs, TenantCommand};
use crate::client::{Answer, Request, TENANTS};
use crate::output::Column;

const LISTED: &[Column<Tenant>] = &[
    Column::whole("id", |tenant| tenant.id.into()),
    Column::text("name", |tenant| tenant.name.as_str().into()),
    Column::state("state", |tenant| (&*tenant.state).into()),
    Column::number("max", |tenant: &Tenant| tenant.max_connections.into()).optional(2),
    Column::number("reserved", |tenant: &Tenant| tenant.reserved_connections.into()).optional(3),
    Column::text("plan", |tenant: &Tenant| tenant.plan.as_deref().into()).optional(5),
    Column::whole("created", |tenant: &Tenant| tenant.created_at.into()).optional(1),
    Column::text("external id", |tenant: &Tenant| {
        tenant.external_id.as_deref().into()
    })
    .optional(4),
];

/// A tenant with the version of its document.
struct Shown {
    tenant: Tenant,
    /// The version that --if-match takes.
    version: Option<String>,
}

impl Shown {
    fn fault(&self) -> Option<&LoginFault> {
        self.tenant.login_fault.as_ref()
    }
}

const SHOWN: &[Column<Shown>] = &[
    Column::whole("id", |shown| shown.tenant.id.into()),
    Column::text("name", |shown| shown.tenant.name.as_str().into()),
    Column::text("external id", |shown| shown.tenant.external_id.as_deref().into()),
    Column::state("state", |shown| (&*shown.tenant.state).into()),
    Column::text("metadata", |shown| (&*shown.tenant.metadata).into()),
    Column::number("max connections", |shown| shown.tenant.max_connections.into()),
    Column::number("reserved connections", |shown| {
        shown.tenant.reserved_connections.into()
    }),
    Column::text("plan", |shown| shown.tenant.plan.as_deref().into()),
    Column::text("limit overrides", |shown| {
        shown
            .tenant
            .limit_overrides
            .as_ref()
            .and_then(overrides_text)
            .into()
    }),
    Column::text("limits", |shown| {
        shown.tenant.limits.as_ref().and_then(text).into()
    }),
    Column::whole("to be purged at", |shown| shown.tenant.purge_at.into()),
    Column::whole("login refused since", |shown| {
        shown.tenant.login_refused_at.into()
    }),
    Column::whole("wrong with the login", |shown: &Shown| {
        shown.fault().map(|fault| fault.wrong.as_str()).into()
    })
    .if_set(),
    Column::whole("to mend the login", |shown: &Shown| {
        shown.fault().map(|fault| fault.remedy.as_str()).into()
    })
    .if_set(),
    Column::text("version", |shown| shown.version.as_deref().into()),
    Column::whole("created", |shown| shown.tenant.created_at.into()),
    Column::whole("updated", |shown| shown.tenant.updated_at.into()),
];

pub(super) async fn run(session: &Session, command: TenantCommand) -> anyhow::Result<()> {
    match command {
        TenantCommand::Create(args) => create::run(session, args).await,
        TenantCommand::List {
            state,
            name_prefix,
            external_id,
            plan,
            page,
        } => {
            let request = Request::get(TENANTS)
                .query("state", state)
                .query("name_prefix", name_prefix)
                .query("external_id", external_id)
                .query("plan", plan);
            session.list(request, page, LISTED).await
        }
        TenantCommand::Show { tenant } => {
            let id = session.client.tenant(&tenant).await?;
            show_at(session, id).await
        }
        TenantCommand::Change(args) => change::run(session, args).await,
        TenantCommand::Suspend(args) => transition::run(session, args, "suspend").await,
        TenantCommand::Resume(args) => transition::run(session, args, "resume").await,
        TenantCommand::Undelete(args) => transition::run(session, args, "undelete").await,
        TenantCommand::Delete {
            transition,
            grace,
            yes,
        } => transition::delete(session, transition, grace, yes).await,
        TenantCommand::Purge { transition, yes } => transition::purge(session, transition, yes).await,
    }
}

/// Waits for the operation in the answer and shows the tenant as it is then.
async fn conclude(session: &Session, answer: Answer, follow: FollowArgs) -> anyhow::Result<()> {
    match session.finish(answer, follow).await? {
        None => Ok(()),
        Some(Outcome::AtOnce(tenant)) => show(session, &tenant),
        Some(Outcome::Operation(operation)) => {
            show_at(session, operation.read::<Operation>()?.tenant_id).await
        }
    }
}

async fn show_at(session: &Session, id: Uuid) -> anyhow::Result<()> {
    let path = format!("{TENANTS}/{id}");
    show(session, &session.client.send(&Request::get(path)).await?)
}

/// Shows the tenant; for people with its entity tag, which the document does not have.
fn show(session: &Session, answer: &Answer) -> anyhow::Result<()> {
    session.show_as(answer, SHOWN, |answer| {
        let tag = answer.etag.as_deref();
        Ok(Shown {
            tenant: answer.read()?,
            version: tag.map(|tag| tag.trim_matches('"').to_owned()),
        })
    })
}
