//! `tenantry tenant suspend`, `resume`, `delete`, `undelete` and `purge`

use admin_types::{Tenant, rfc3339};
use uuid::Uuid;

use super::conclude;
use crate::args::{GraceHours, TransitionArgs};
use crate::client::{self, ClientError, Request, TENANTS};
use crate::commands::session::Session;
use crate::output::{Answer, confirm};
use crate::text::printable;

/// The end of a question that is answered with a name.
const FOR_GOOD: &str = "Its data is lost for good. Type its name to go on: ";
/// The effect that --yes confirms.
const LOSES_DATA: &str = "removes a tenant's data for good";

/// Requests this action on the tenant.
pub(super) async fn run(session: &Session, args: TransitionArgs, action: &str) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    let request = Request::post(format!("{TENANTS}/{id}/{action}"));
    send(session, request, args).await
}

pub(super) async fn delete(
    session: &Session,
    args: TransitionArgs,
    grace: Option<GraceHours>,
    yes: bool,
) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    if !yes {
        let answer = tenant(session, id).await?;
        let found: Tenant = answer.read()?;
        let name = printable(&found.name);
        if grace.is_some_and(|grace| grace.0 == 0) {
            // Without a grace period it cannot be undeleted, as after a purge.
            let question = format!("Delete the tenant {name} ({id}) with no grace period? {FOR_GOOD}");
            confirm(&question, LOSES_DATA, |Answer(answer)| *answer == name)?;
        } else {
            let question = format!(
                "Delete the tenant {name} ({id})? It is refused from now on. Its data is lost for good {}; until then \
                 it can be undeleted. [y/N] ",
                purge_time(&answer, &found, grace)?
            );
            confirm(&question, "deletes a tenant", Answer::is_yes)?;
        }
    }
    let hours = grace.map(|GraceHours(hours)| hours.to_string());
    let request = Request::delete(format!("{TENANTS}/{id}")).query("grace_hours", hours);
    send(session, request, args).await
}

pub(super) async fn purge(session: &Session, args: TransitionArgs, yes: bool) -> anyhow::Result<()> {
    let id = session.client.tenant(&args.tenant).await?;
    if !yes {
        let name = printable(&tenant(session, id).await?.read::<Tenant>()?.name);
        let question = format!("Purge the tenant {name} ({id})? {FOR_GOOD}");
        confirm(&question, LOSES_DATA, |Answer(answer)| *answer == name)?;
    }
    send(session, Request::post(format!("{TENANTS}/{id}/purge")), args).await
}

async fn send(session: &Session, request: Request, args: TransitionArgs) -> anyhow::Result<()> {
    let tag = args.if_match.map(|tag| tag.0);
    let request = request.if_match(tag.as_deref()).respond_async();
    let answer = session.client.send(&request).await?;
    conclude(session, answer, args.follow).await
}

/// The tenant, for the question.
async fn tenant(session: &Session, id: Uuid) -> Result<client::Answer, ClientError> {
    session
        .client
        .send(&Request::get(format!("{TENANTS}/{id}")))
        .await
}

/// When the tenant's data is lost. A deleted tenant keeps its time unless another grace period is given.
fn purge_time(answer: &client::Answer, tenant: &Tenant, grace: Option<GraceHours>) -> anyhow::Result<String> {
    if let (None, Some(purge_at)) = (grace, tenant.purge_at) {
        return Ok(format!("at {}", rfc3339(purge_at)?));
    }
    let grace = grace.unwrap_or(GraceHours::DEFAULT);
    Ok(format!("in {grace}, at {}", grace.end(answer.now()?)?))
}
