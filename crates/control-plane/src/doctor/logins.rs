//! Tenants' logins, compared with what the control store says of them.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use tenant_registry::TenantId;
use tokio::time::timeout;
use uuid::Uuid;

use super::Finding;
use super::finding::cause;
use super::probe::is_probe;
use crate::postgres::{Slot, tenant_login};
use crate::tenant::LoginLimit;

/// For one of the two questions.
const ASKED: Duration = Duration::from_secs(20);
/// Of each code so many are named, and of the others their number.
const NAMED: usize = 20;

/// Logins of a data cluster, and what each one's `CONNECTION LIMIT` is.
pub(super) type Logins = Vec<(String, i32)>;

/// What the control store says of a tenant: its maximum, its login, and since when its password is refused.
type Stored = (Uuid, Option<i32>, i8, Option<String>);

/// The logins of tenants in this connection's cluster.
pub(super) async fn read(data: &mut PgConnection, place: &str) -> Result<Logins, Box<Finding>> {
    let asked = sqlx::query_as(
        "SELECT rolname::text, rolconnlimit FROM pg_catalog.pg_roles
         WHERE rolname ~ '^tn_[0-9a-f]{32}_[ab]$' ORDER BY rolname",
    );
    answer(place, timeout(ASKED, asked.fetch_all(data)).await)
}

/// What is wrong with them, by the store that this connection is in. `cluster` is where the logins are.
pub(super) async fn compare(
    store: &mut PgConnection,
    place: &str,
    cluster: &str,
    logins: &Logins,
    limit: LoginLimit,
) -> Vec<Finding> {
    let asked = sqlx::query_as(
        "SELECT id, max_connections, active_slot,
            CASE WHEN state = 'active' THEN date_trunc('second', login_refused_at)::text END
         FROM control.tenants WHERE state <> 'purged' ORDER BY id",
    );
    let stored: Vec<Stored> = match answer(place, timeout(ASKED, asked.fetch_all(store)).await) {
        Ok(stored) => stored,
        Err(gap) => return vec![*gap],
    };
    let maxima: HashMap<Uuid, Option<u32>> = stored
        .iter()
        .map(|(id, max, ..)| (*id, max.map(i32::unsigned_abs)))
        .collect();
    let limits = logins
        .iter()
        .filter_map(|(login, found)| limited(cluster, login, *found, &maxima, limit));
    let refused = stored.iter().filter_map(|(id, _, slot, since)| {
        let login = tenant_login(TenantId::new(*id), Slot::from_char(*slot)?);
        let wrong = format!("the server has refused its password since {}", since.as_ref()?);
        Some(Finding::new("TENANT_LOCKED_OUT", cluster, login, wrong))
    });
    let mut findings = first(cluster, limits.collect());
    findings.extend(first(cluster, refused.collect()));
    findings
}

/// A login with another limit than its tenant's maximum makes. One that no tenant of the store has shall have any.
fn limited(
    cluster: &str,
    login: &str,
    found: i32,
    maxima: &HashMap<Uuid, Option<u32>>,
    limit: LoginLimit,
) -> Option<Finding> {
    let tenant: Uuid = login.get(3..35)?.parse().ok()?;
    let max = maxima.get(&tenant);
    let right = limit.of(max.copied().flatten());
    // The probe's are open while the doctor has them alone.
    let holds = found == right || (max.is_none() && found >= 0) || is_probe(TenantId::new(tenant));
    let wrong = match found {
        -1 => "the login has no limit of connections".to_owned(),
        other => format!("the login's limit of connections is {other} and not {right}"),
    };
    let remedy = format!("ALTER ROLE {login} CONNECTION LIMIT {right}");
    (!holds).then(|| Finding::new("LOGIN_LIMIT", cluster, login, wrong).closed_by(Some(remedy)))
}

/// The first findings of a code, and how many more there are.
fn first(cluster: &str, mut findings: Vec<Finding>) -> Vec<Finding> {
    let more = findings.len().saturating_sub(NAMED);
    let code = findings.first().map(|finding| finding.code);
    findings.truncate(NAMED);
    if let Some(code) = code.filter(|_| more > 0) {
        let wrong = format!("it is so for {more} more");
        findings.push(Finding::new(code, cluster, "tenants' logins", wrong));
    }
    findings
}

fn answer<T>(
    place: &str,
    answer: Result<Result<T, sqlx::Error>, tokio::time::error::Elapsed>,
) -> Result<T, Box<Finding>> {
    let gap = |why: String| Box::new(Finding::new("NOT_EXAMINED", place, "logins", why));
    match answer {
        Ok(answer) => answer.map_err(|error| gap(cause(&error))),
        Err(_) => Err(gap(format!("no answer within {ASKED:?}"))),
    }
}
