//! `tenantry audit`

use control_plane::Outcome;
use serde_json::Value;
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
    Column::text("action", "/action"),
    Column::state("outcome", "/outcome"),
    Column::text("code", "/code"),
    Column::whole("tenant", "/tenant_id").if_it_fits(),
    Column::whole("source", "/source").if_it_fits(),
    Column::whole("role", "/role").if_it_fits(),
    Column::text("target", "/target").if_it_fits(),
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
    let mut list = session.client.list(request, &args.page).await?;
    if !session.json {
        let entries = list["items"].as_array_mut().into_iter().flatten();
        entries.for_each(drop_what_the_route_says);
    }
    session.show_list(&list, LISTED, "")
}

/// An action that is a route says with its tenant where it went: the target would say it again.
fn drop_what_the_route_says(entry: &mut Value) {
    let (action, target) = (entry["action"].as_str(), entry["target"].as_str());
    let Some((_, route)) = action.and_then(|action| action.split_once(' ')) else {
        return;
    };
    let of_tenant = |tenant| route.replacen("/tenants/{id}", &format!("/tenants/{tenant}"), 1);
    let told = entry["tenant_id"].as_str().map(of_tenant);
    if target.is_some_and(|target| target == route || Some(target) == told.as_deref()) {
        entry["target"] = Value::Null;
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_target_is_left_out_where_the_route_says_it() {
        for (action, tenant, target, left) in [
            ("GET /admin/v1/tenants", None, "/admin/v1/tenants", None),
            (
                "POST /admin/v1/tenants/{id}/purge",
                Some("7"),
                "/admin/v1/tenants/7/purge",
                None,
            ),
            (
                "GET /admin/v1/api-keys/{id}",
                None,
                "/admin/v1/api-keys/7",
                Some("/admin/v1/api-keys/7"),
            ),
            ("api_key.revoke", Some("7"), "8", Some("8")),
        ] {
            let mut entry = json!({"action": action, "tenant_id": tenant, "target": target});
            drop_what_the_route_says(&mut entry);
            assert_eq!(entry["target"].as_str(), left, "{action}");
        }
    }
}
