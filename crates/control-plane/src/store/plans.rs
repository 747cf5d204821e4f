//! Plans: `control.plans`.

use std::num::NonZeroU32;

use pg_timestamp::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgExecutor};
use tenant_limits::RequestLimits;

use super::error::StoreError;
use super::{Store, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::audit::action::AuditAction;
use crate::json::JsonText;
use crate::plan::Plan;
use crate::plan::json::plan_limits_json;
use crate::plan::name::PlanName;

pub(crate) mod change;
pub(crate) mod live;

/// A row of `control.plans`.
struct PlanRow {
    name: String,
    description: String,
    requests_per_second: Option<i32>,
    burst: Option<i32>,
    concurrent_requests: Option<i32>,
    request_timeout_ms: Option<i32>,
    statement_timeout_ms: Option<i32>,
    request_body_bytes: Option<i32>,
    response_body_bytes: Option<i32>,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<PlanRow> for Plan {
    fn from(row: PlanRow) -> Self {
        Self {
            name: PlanName::stored(&row.name),
            description: row.description,
            limits: RequestLimits {
                requests_per_second: limit(row.requests_per_second),
                burst: limit(row.burst),
                concurrent_requests: limit(row.concurrent_requests),
                request_timeout_ms: limit(row.request_timeout_ms),
                statement_timeout_ms: limit(row.statement_timeout_ms),
                request_body_bytes: limit(row.request_body_bytes),
                response_body_bytes: limit(row.response_body_bytes),
            },
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A limit of a row; the constraints allow positive numbers alone.
fn limit(stored: Option<i32>) -> Option<NonZeroU32> {
    stored.and_then(|stored| NonZeroU32::new(stored.unsigned_abs()))
}

/// A limit for a row. Those that were checked fit.
fn stored(limit: Option<NonZeroU32>) -> Option<i32> {
    limit.map(|limit| i32::try_from(limit.get()).unwrap_or(i32::MAX))
}

/// A query for plans. The argument is the clause after the table's name.
macro_rules! plans {
    ($which:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::store::plans::PlanRow,
            "SELECT name, description, requests_per_second, burst, concurrent_requests, request_timeout_ms,
                statement_timeout_ms, request_body_bytes, response_body_bytes, revision, created_at, updated_at
             FROM control.plans " + $which
            $(, $argument)*
        )
    };
}
use plans;

impl Store {
    /// The plan of this name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan(&self, name: &PlanName) -> Result<Option<Plan>, StoreError> {
        plan_by_name(&self.pool, name).await
    }

    /// Up to `limit` plans in the order of their names.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plans(&self, after: Option<&str>, limit: i64) -> Result<Vec<Plan>, StoreError> {
        let rows = plans!(
            r#"WHERE name > coalesce($1, '') COLLATE "C" ORDER BY name COLLATE "C" LIMIT $2"#,
            after,
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(Plan::from).collect())
    }
}

async fn plan_by_name(store: impl PgExecutor<'_>, name: &PlanName) -> Result<Option<Plan>, StoreError> {
    let row = plans!("WHERE name = $1", name.as_str())
        .fetch_optional(store)
        .await?;
    Ok(row.map(Plan::from))
}

/// The fields of a plan in the audit log.
#[derive(Serialize)]
struct AuditedPlan<'a, L> {
    name: &'a PlanName,
    description: &'a str,
    limits: L,
}

fn audited(plan: &Plan) -> JsonText {
    JsonText::of(&AuditedPlan {
        name: &plan.name,
        description: &plan.description,
        limits: plan_limits_json(plan.limits),
    })
}

/// Appends a change of a plan to the audit log, with the plan as it was and as it is.
async fn audit_change(
    store: &mut PgConnection,
    actor: &Actor,
    action: AuditAction,
    name: &PlanName,
    before: Option<&Plan>,
    after: Option<&Plan>,
) -> Result<(), StoreError> {
    let entry = AuditEntry::done(actor, action)
        .target(name.as_str())
        .changed(before.map(audited), after.map(audited));
    Ok(audit::append(store, &entry).await?)
}
