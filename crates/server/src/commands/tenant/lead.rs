//! `tenantry tenant suspend`, `resume`, `delete`, `undelete` and `purge`

use serde_json::Value;
use uuid::Uuid;

use super::conclude;
use crate::cli::arguments::GraceHours;
use crate::cli::tenant::LeadArgs;
use crate::client::{ClientError, Request, TENANTS};
use crate::commands::session::Session;
use crate::output::{self, Answer, printable};

/// Leads the tenant where the last part of the path says.
pub(super) async fn run(session: &Session, args: LeadArgs, whither: &str) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    let request = Request::post(format!("{TENANTS}/{id}/{whither}"));
    send(session, request, args).await
}

pub(super) async fn delete(
    session: &Session,
    args: LeadArgs,
    grace: Option<GraceHours>,
    yes: bool,
) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    if !yes {
        let name = name(session, id).await?;
        let question = format!("Delete the tenant {name} ({id})? It is refused from now on. [y/N] ");
        confirm(&question, "deletes a tenant", Answer::is_yes)?;
    }
    let hours = grace.map(|GraceHours(hours)| hours.to_string());
    let request = Request::delete(format!("{TENANTS}/{id}")).maybe("grace_hours", hours);
    send(session, request, args).await
}

pub(super) async fn purge(session: &Session, args: LeadArgs, yes: bool) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    if !yes {
        let name = name(session, id).await?;
        let question =
            format!("Purge the tenant {name} ({id})? Its data is lost for good. Type its name to go on: ");
        let typed = |answer: &Answer| matches!(answer, Answer::Said(said) if *said == name);
        confirm(&question, "removes a tenant's data for good", typed)?;
    }
    send(session, Request::post(format!("{TENANTS}/{id}/purge")), args).await
}

async fn send(session: &Session, request: Request, args: LeadArgs) -> anyhow::Result<()> {
    let tag = args.if_match.map(|tag| tag.0);
    let request = request.if_match(tag.as_deref()).respond_async();
    let answer = session.client.send(&request).await?;
    conclude(session, answer, args.follow).await
}

/// What the tenant is called, so that the one who is asked sees whom the id stands for.
async fn name(session: &Session, id: Uuid) -> Result<String, ClientError> {
    let tenant = session
        .client
        .send(&Request::get(format!("{TENANTS}/{id}")))
        .await?;
    let name = tenant.body.get("name").and_then(Value::as_str);
    name.map(printable)
        .ok_or(ClientError::NotUnderstood("it is no tenant"))
}

fn confirm(question: &str, what: &str, agrees: impl FnOnce(&Answer) -> bool) -> anyhow::Result<()> {
    match output::ask(question)? {
        Answer::Nobody => Err(ClientError::Usage(format!("this {what}: say so with --yes")).into()),
        answer if agrees(&answer) => Ok(()),
        Answer::Said(_) => Err(ClientError::Declined.into()),
    }
}
