//! `tenantry tenant suspend`, `resume`, `delete`, `undelete` and `purge`

use serde_json::Value;
use uuid::Uuid;

use super::conclude;
use crate::cli::arguments::GraceHours;
use crate::cli::tenant::LeadArgs;
use crate::client::{self, ClientError, Request, TENANTS};
use crate::commands::confirm;
use crate::commands::session::Session;
use crate::output::{Answer, printable};

/// How one is asked who is to type a name.
const FOR_GOOD: &str = "Its data is lost for good. Type its name to go on: ";
/// What --yes has to be said for.
const LOSES_DATA: &str = "removes a tenant's data for good";

/// Leads the tenant where the last part of the path says.
pub(super) async fn run(session: &Session, args: LeadArgs, whither: &str) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    let request = Request::post(format!("{TENANTS}/{id}/{whither}"));
    send(session, request, args).await
}

pub(super) async fn delete(
    session: &Session,
    args: LeadArgs,
    grace: GraceHours,
    yes: bool,
) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    if !yes {
        let tenant = look(session, id).await?;
        let name = name(&tenant)?;
        if grace.0 == 0 {
            // No day is left to bring it back: that is a purge.
            let question = format!("Delete the tenant {name} ({id}) with no grace period? {FOR_GOOD}");
            confirm(&question, LOSES_DATA, |answer| is(answer, &name))?;
        } else {
            let (purged, until) = (grace.end(tenant.now()?)?, grace.to_string());
            let question = format!(
                "Delete the tenant {name} ({id})? It is refused from now on. Its data is lost for good in {until}, at \
                 {purged}; until then it can be undeleted. [y/N] "
            );
            confirm(&question, "deletes a tenant", Answer::is_yes)?;
        }
    }
    let request = Request::delete(format!("{TENANTS}/{id}")).query("grace_hours", grace.0.to_string());
    send(session, request, args).await
}

pub(super) async fn purge(session: &Session, args: LeadArgs, yes: bool) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    if !yes {
        let name = name(&look(session, id).await?)?;
        let question = format!("Purge the tenant {name} ({id})? {FOR_GOOD}");
        confirm(&question, LOSES_DATA, |answer| is(answer, &name))?;
    }
    send(session, Request::post(format!("{TENANTS}/{id}/purge")), args).await
}

async fn send(session: &Session, request: Request, args: LeadArgs) -> anyhow::Result<()> {
    let tag = args.if_match.map(|tag| tag.0);
    let request = request.if_match(tag.as_deref()).respond_async();
    let answer = session.client.send(&request).await?;
    conclude(session, answer, args.follow).await
}

/// The tenant as it is, before it is asked for.
async fn look(session: &Session, id: Uuid) -> Result<client::Answer, ClientError> {
    session
        .client
        .send(&Request::get(format!("{TENANTS}/{id}")))
        .await
}

/// What the tenant is called, so that the one who is asked sees whom the id stands for.
fn name(tenant: &client::Answer) -> Result<String, ClientError> {
    let name = tenant.body.get("name").and_then(Value::as_str);
    name.map(printable)
        .ok_or(ClientError::NotUnderstood("it is no tenant"))
}

/// Whether the name was typed.
fn is(answer: &Answer, name: &str) -> bool {
    matches!(answer, Answer::Said(said) if said == name)
}
