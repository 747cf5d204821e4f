//! `tenantry audit`

use admin_types::AuditEntry;
use time::OffsetDateTime;

use super::moment::rfc3339;
use super::named::Named;
use super::session::Session;
use crate::args::{AuditArgs, AuditCommand, Past};
use crate::client::{ClientError, Request};
use crate::output::Column;

const LOG: &str = "/admin/v1/audit";

type Listed = Named<AuditEntry>;

const LISTED: &[Column<Listed>] = &[
    Column::whole("at", |named| named.row.at.into()),
    Column::text("actor", |named| named.row.actor.as_str().into()),
    Column::text("action", |named: &Listed| named.row.action.as_str().into()).at_least(16),
    Column::state("outcome", |named| named.row.outcome.as_str().into()),
    Column::text("code", |named| named.row.code.as_deref().into()),
    Column::text("tenant", |named| named.tenant.clone().into()),
    Column::whole("source", |named: &Listed| named.row.source.as_deref().into()).optional(1),
    Column::whole("role", |named: &Listed| named.row.role.as_deref().into()).optional(2),
    Column::text("target", |named: &Listed| target(&named.row).into()).optional(3),
    Column::whole("tenant id", |named: &Listed| named.row.tenant_id.into()).optional(4),
];

pub(super) async fn run(session: &Session, command: AuditCommand) -> anyhow::Result<()> {
    let AuditCommand::List(args) = command;
    let [since, until] = bounds(session, &args).await?;
    let request = Request::get(LOG)
        .query(
            "tenant_id",
            session.client.tenant_parameter(args.tenant.as_ref()).await?,
        )
        .query("actor", args.actor)
        .query("action", args.action)
        .query("outcome", args.outcome)
        .query("since", since)
        .query("until", until);
    session
        .list_named(request, args.page, LISTED, |entry| entry.tenant_id)
        .await
}

/// The target, unless the action is a route that names it together with the tenant.
fn target(entry: &AuditEntry) -> Option<&str> {
    let target = entry.target.as_deref()?;
    let Some((_, route)) = entry.action.split_once(' ') else {
        return Some(target);
    };
    let of_tenant = |tenant| route.replacen("/tenants/{id}", &format!("/tenants/{tenant}"), 1);
    let named = target == route || entry.tenant_id.map(of_tenant).as_deref() == Some(target);
    (!named).then_some(target)
}

/// The bounds as the service reads them.
async fn bounds(session: &Session, args: &AuditArgs) -> Result<[Option<String>; 2], ClientError> {
    let bounds = [args.since, args.until];
    // Durations are counted by the clock of the service, both from the same moment.
    let relative = bounds.iter().flatten().any(|past| matches!(past, Past::Ago(_)));
    let now = if relative {
        let request = Request::get(LOG).query("limit", Some("1"));
        Some(session.client.send(&request).await?.now()?)
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_target_is_left_out_if_the_route_names_it() {
        let tenant = Uuid::from_u128(7);
        let purged = format!("/admin/v1/tenants/{tenant}/purge");
        for (action, tenant, given, left) in [
            ("GET /admin/v1/tenants", None, "/admin/v1/tenants", None),
            (
                "POST /admin/v1/tenants/{id}/purge",
                Some(tenant),
                purged.as_str(),
                None,
            ),
            (
                "GET /admin/v1/api-keys/{id}",
                None,
                "/admin/v1/api-keys/7",
                Some("/admin/v1/api-keys/7"),
            ),
            ("api_key.revoke", Some(tenant), "8", Some("8")),
        ] {
            let entry = AuditEntry {
                id: 1,
                at: OffsetDateTime::UNIX_EPOCH,
                actor: "ops".to_owned(),
                token_id: None,
                role: None,
                source: None,
                request_id: None,
                action: action.to_owned(),
                outcome: "done".to_owned(),
                code: None,
                tenant_id: tenant,
                target: Some(given.to_owned()),
                before: None,
                after: None,
            };
            assert_eq!(target(&entry), left, "{action}");
        }
    }
}
