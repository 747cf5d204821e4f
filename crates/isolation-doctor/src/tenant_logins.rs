//! Comparison of tenants' logins with the control store: connection limits, and logins that are locked out.

use std::collections::HashMap;
use std::time::Duration;

use schema::{LoginLimit, Slot, is_probe_tenant, tenant_login};
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use uuid::Uuid;

use crate::finding::{Finding, describe_error};

/// For one query.
const QUERY_TIMEOUT: Duration = Duration::from_secs(20);
/// The number of findings of one code that are listed; the others are counted.
const LISTED: usize = 20;

/// A tenant's login in the data cluster.
#[derive(FromRow)]
pub(crate) struct TenantLogin {
    name: String,
    limit: i32,
    may_log_in: bool,
    expired: bool,
}

/// A tenant in the control store.
#[derive(FromRow)]
struct StoredTenant {
    id: Uuid,
    max_connections: Option<i32>,
    active_slot: i8,
    /// Whether it has been active for a while: one that was resumed just now may have been suspended when its login was
    /// read.
    long_active: bool,
    /// For an active tenant: the time since when the server refuses its login.
    refused_since: Option<String>,
}

/// Reads tenants' logins in the connection's cluster.
pub(crate) async fn read(data: &mut PgConnection, place: &str) -> Result<Vec<TenantLogin>, Box<Finding>> {
    let query = sqlx::query_as(
        "SELECT rolname::text AS name, rolconnlimit AS \"limit\", rolcanlogin AS may_log_in,
            coalesce(rolvaliduntil <= now(), false) AS expired
         FROM pg_catalog.pg_roles
         WHERE rolname ~ '^tn_[0-9a-f]{32}_[ab]$' ORDER BY rolname",
    );
    examined(place, timeout(QUERY_TIMEOUT, query.fetch_all(data)).await)
}

/// Compares them with the control store, which the connection must be in. `cluster` is the logins' cluster.
pub(crate) async fn compare(
    store: &mut PgConnection,
    place: &str,
    cluster: &str,
    logins: &[TenantLogin],
    limit: LoginLimit,
) -> Vec<Finding> {
    let query = sqlx::query_as(
        "SELECT id, max_connections, active_slot,
            state = 'active' AND updated_at < now() - interval '1 minute' AS long_active,
            CASE WHEN state = 'active' THEN date_trunc('second', login_refused_at)::text END AS refused_since
         FROM control.tenants WHERE state <> 'purged' ORDER BY id",
    );
    let tenants: Vec<StoredTenant> =
        match examined(place, timeout(QUERY_TIMEOUT, query.fetch_all(store)).await) {
            Ok(tenants) => tenants,
            Err(not_examined) => return vec![*not_examined],
        };
    let maxima: HashMap<Uuid, Option<u32>> = tenants
        .iter()
        .map(|tenant| (tenant.id, tenant.max_connections.map(i32::unsigned_abs)))
        .collect();
    let wrong_limits = logins
        .iter()
        .filter_map(|login| wrong_limit(cluster, login, &maxima, limit));
    let by_name: HashMap<&str, &TenantLogin> = logins.iter().map(|login| (&*login.name, login)).collect();
    let locked_out = tenants
        .iter()
        .filter_map(|tenant| locked_out(cluster, tenant, &by_name));
    let mut findings = shortened(cluster, wrong_limits.collect());
    findings.extend(shortened(cluster, locked_out.collect()));
    findings
}

/// The finding for an active tenant whose login the server refuses.
fn locked_out(cluster: &str, tenant: &StoredTenant, logins: &HashMap<&str, &TenantLogin>) -> Option<Finding> {
    let name = tenant_login(tenant.id, Slot::from_char(tenant.active_slot)?);
    let login = logins.get(&*name);
    let since = tenant.refused_since.as_ref();
    let since = since.map(|since| format!("the server has refused it since {since}"));
    let (wrong, remedy) =
        if login.is_some_and(|login| !login.may_log_in) && (tenant.long_active || since.is_some()) {
            let remedy = format!("ALTER ROLE {name} LOGIN");
            ("the login has NOLOGIN".to_owned(), Some(remedy))
        } else if let Some(since) = since {
            let expired = login.is_some_and(|login| login.expired);
            let remedy = expired.then(|| format!("ALTER ROLE {name} VALID UNTIL 'infinity'"));
            let why = if expired { "its password has expired: " } else { "" };
            (format!("{why}{since}"), remedy)
        } else {
            return None;
        };
    Some(Finding::new("TENANT_LOCKED_OUT", cluster, name, wrong).with_remedy(remedy))
}

/// The finding for a login whose limit is not the one of its tenant's maximum. A login without a tenant in the store
/// must have any limit.
fn wrong_limit(
    cluster: &str,
    login: &TenantLogin,
    maxima: &HashMap<Uuid, Option<u32>>,
    limit: LoginLimit,
) -> Option<Finding> {
    let TenantLogin {
        name, limit: found, ..
    } = login;
    let tenant: Uuid = name.get(3..35)?.parse().ok()?;
    let max = maxima.get(&tenant);
    let right = limit.of(max.copied().flatten());
    // Logins of the probe are open only while the doctor uses them.
    let accepted = *found == right || (max.is_none() && *found >= 0) || is_probe_tenant(tenant);
    if accepted {
        return None;
    }
    let wrong = match found {
        -1 => "the login has no connection limit".to_owned(),
        other => format!("the login's connection limit is {other} instead of {right}"),
    };
    let remedy = format!("ALTER ROLE {name} CONNECTION LIMIT {right}");
    Some(Finding::new("LOGIN_LIMIT", cluster, name, wrong).with_remedy(Some(remedy)))
}

/// The first findings of a code, and a count of the others.
fn shortened(cluster: &str, mut findings: Vec<Finding>) -> Vec<Finding> {
    let more = findings.len().saturating_sub(LISTED);
    let code = findings.first().map(|finding| finding.code);
    findings.truncate(LISTED);
    if let Some(code) = code.filter(|_| more > 0) {
        let wrong = format!("{more} more logins have the same problem");
        findings.push(Finding::new(code, cluster, "tenants' logins", wrong));
    }
    findings
}

/// The rows of an answer, or the finding that there is none.
fn examined<T>(place: &str, answer: Result<Result<T, sqlx::Error>, Elapsed>) -> Result<T, Box<Finding>> {
    let not_examined = |why: String| Box::new(Finding::new("NOT_EXAMINED", place, "logins", why));
    match answer {
        Ok(answer) => answer.map_err(|error| not_examined(describe_error(&error))),
        Err(_) => Err(not_examined(format!("no answer within {QUERY_TIMEOUT:?}"))),
    }
}
