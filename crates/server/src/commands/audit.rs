//! `tenantry audit`

use control_plane::Outcome;
use time::OffsetDateTime;

use super::api_key::rfc3339;
use super::session::Session;
use crate::cli::arguments::Past;
use crate::cli::audit::{AuditArgs, AuditCommand};
use crate::cli::service::ServiceArgs;
use crate::client::{ClientError, Request};
use crate::config::Inputs;
use crate::output::Column;

const LOG: &str = "/admin/v1/audit";

const LISTED: &[Column] = &[
    Column::moment("at", "/at"),
    Column::text("actor", "/actor"),
    Column::whole("role", "/role"),
    Column::whole("source", "/source"),
    Column::text("action", "/action"),
    Column::state("outcome", "/outcome"),
    Column::text("code", "/code"),
    Column::whole("tenant", "/tenant_id"),
    Column::text("target", "/target"),
];

/// Goes by way of the running service.
pub(super) async fn run(inputs: &Inputs, command: AuditCommand, service: ServiceArgs) -> anyhow::Result<()> {
    let AuditCommand::List(args) = command;
    let session = Session::open(inputs, &service)?;
    let tenant = session.client.maybe_tenant(args.tenant.as_ref()).await?;
    let [since, until] = moments(&session, &args).await?;
    let request = Request::get(LOG)
        .maybe("tenant_id", tenant)
        .maybe("actor", args.actor)
        .maybe("action", args.action)
        .maybe("outcome", args.outcome.map(Outcome::as_str))
        .maybe("since", since)
        .maybe("until", until);
    session.list(request, &args.page, LISTED, |_| String::new()).await
}

/// The bounds as the service takes them.
async fn moments(session: &Session, args: &AuditArgs) -> Result<[Option<String>; 2], ClientError> {
    let bounds = [args.since, args.until];
    // What was so long ago is counted by the clock of the service, both bounds by one look at it.
    let relative = bounds.iter().flatten().any(|past| matches!(past, Past::Ago(_)));
    let now = if relative {
        let look = Request::get(LOG).query("limit", "1");
        Some(session.client.send(&look).await?.now()?)
    } else {
        None
    };
    let moment = |past: Option<Past>| past.map(|past| rfc3339(before(now, past))).transpose();
    Ok([moment(bounds[0])?, moment(bounds[1])?])
}

fn before(now: Option<OffsetDateTime>, past: Past) -> Option<OffsetDateTime> {
    match past {
        Past::At(moment) => Some(moment),
        Past::Ago(duration) => now?.checked_sub(time::Duration::try_from(duration).ok()?),
    }
}
