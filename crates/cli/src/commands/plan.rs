//! `tenantry plan`

use admin_types::Plan;
use serde::Serialize;

use super::limits::{LimitsBody, given};
use super::session::Session;
use crate::args::{ChangePlanArgs, PlanCommand};
use crate::client::{Answer, ClientError, Request};
use crate::output::Column;

const PLANS: &str = "/admin/v1/plans";

const LISTED: &[Column<Plan>] = &[
    Column::whole("name", |plan| plan.name.as_str().into()),
    Column::number("requests/s", |plan| plan.limits.requests_per_second.into()),
    Column::number("burst", |plan: &Plan| plan.limits.burst.into()).optional(1),
    Column::number("concurrent", |plan| plan.limits.concurrent_requests.into()),
    Column::number("timeout ms", |plan: &Plan| plan.limits.request_timeout_ms.into()).optional(2),
    Column::number("statement ms", |plan: &Plan| {
        plan.limits.statement_timeout_ms.into()
    })
    .optional(3),
    Column::number("body bytes", |plan: &Plan| plan.limits.request_body_bytes.into()).optional(4),
    Column::number("response bytes", |plan: &Plan| {
        plan.limits.response_body_bytes.into()
    })
    .optional(5),
    Column::text("description", |plan: &Plan| plan.description.as_str().into()).optional(6),
];

/// A plan with the version of its document.
struct Shown {
    plan: Plan,
    /// The version that --if-match takes.
    version: Option<String>,
}

const SHOWN: &[Column<Shown>] = &[
    Column::whole("name", |shown| shown.plan.name.as_str().into()),
    Column::text("description", |shown| shown.plan.description.as_str().into()),
    Column::number("requests per second", |shown| {
        shown.plan.limits.requests_per_second.into()
    }),
    Column::number("burst", |shown| shown.plan.limits.burst.into()),
    Column::number("concurrent requests", |shown| {
        shown.plan.limits.concurrent_requests.into()
    }),
    Column::number("request timeout in ms", |shown| {
        shown.plan.limits.request_timeout_ms.into()
    }),
    Column::number("statement timeout in ms", |shown| {
        shown.plan.limits.statement_timeout_ms.into()
    }),
    Column::number("request body in bytes", |shown| {
        shown.plan.limits.request_body_bytes.into()
    }),
    Column::number("response body in bytes", |shown| {
        shown.plan.limits.response_body_bytes.into()
    }),
    Column::text("version", |shown| shown.version.as_deref().into()),
    Column::whole("created", |shown| shown.plan.created_at.into()),
    Column::whole("updated", |shown| shown.plan.updated_at.into()),
];

/// The body of a request for a plan.
#[derive(Serialize)]
struct NewPlan {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<LimitsBody>,
}

/// The body of a change: what is left out stays as it is.
#[derive(Serialize)]
struct PlanChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<LimitsBody>,
}

pub(super) async fn run(session: &Session, command: PlanCommand) -> anyhow::Result<()> {
    match command {
        PlanCommand::List { page } => session.list(Request::get(PLANS), page, LISTED).await,
        PlanCommand::Show { plan } => {
            let request = Request::get(format!("{PLANS}/{plan}"));
            show(session, &session.client.send(&request).await?)
        }
        PlanCommand::Create {
            plan,
            description,
            limits,
        } => {
            let body = NewPlan {
                name: plan,
                description,
                limits: given(&limits)?,
            };
            let request = Request::post(PLANS).json(&body)?;
            show(session, &session.client.send(&request).await?)
        }
        PlanCommand::Change(args) => change(session, args).await,
        PlanCommand::Delete { plan, if_match } => {
            let tag = if_match.map(|tag| tag.0);
            let request = Request::delete(format!("{PLANS}/{plan}")).if_match(tag.as_deref());
            session.client.send(&request).await?;
            session.done(&format!("deleted the plan {plan}"))
        }
    }
}

async fn change(session: &Session, args: ChangePlanArgs) -> anyhow::Result<()> {
    let path = format!("{PLANS}/{}", args.plan);
    let body = PlanChange {
        description: args.description,
        limits: given(&args.limits)?,
    };
    let tag = if let Some(tag) = args.if_match {
        tag.0
    } else {
        let read = session.client.send(&Request::get(&path)).await?;
        read.etag.ok_or(ClientError::InvalidAnswer("it has no ETag"))?
    };
    let request = Request::patch(path).json(&body)?.if_match(Some(&tag));
    show(session, &session.client.send(&request).await?)
}

/// Shows the plan; for people with its entity tag, which the document does not have.
fn show(session: &Session, answer: &Answer) -> anyhow::Result<()> {
    session.show_as(answer, SHOWN, |answer| {
        let tag = answer.etag.as_deref();
        Ok(Shown {
            plan: answer.read()?,
            version: tag.map(|tag| tag.trim_matches('"').to_owned()),
        })
    })
}
