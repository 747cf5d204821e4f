//! The log as it is read.

use pg_timestamp::Timestamp;
use serde::Serialize;
use sqlx::{FromRow, Postgres, QueryBuilder};
use tenant_registry::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::audit::Outcome;
use crate::json::JsonText;
use crate::store::{Store, StoreError};

/// One entry, as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct AuditRecord {
    /// Counts up, in about the order of time.
    pub id: i64,
    /// When it was written, by the store's clock.
    pub at: Timestamp,
    /// Who: a token's name, or a part of the service.
    pub actor: String,
    /// The token's id; `None` for the configured one and for the service.
    pub token_id: Option<Uuid>,
    /// The role by which it was done.
    pub role: Option<String>,
    /// The address that it was asked for from.
    pub source: Option<String>,
    /// The request within which it was done.
    pub request_id: Option<String>,
    /// What.
    pub action: String,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    /// Why it was refused or failed, as the caller was told it.
    pub code: Option<String>,
    /// To which tenant.
    pub tenant_id: Option<Uuid>,
    /// To what else.
    pub target: Option<String>,
    /// How it was.
    pub before: Option<JsonText>,
    /// How it is since.
    pub after: Option<JsonText>,
}

/// Which entries are asked for; what is `None` matters not.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// What was done to this tenant.
    pub tenant: Option<TenantId>,
    /// What was done under this name.
    pub actor: Option<String>,
    /// Exactly this action.
    pub action: Option<String>,
    /// What ended so.
    pub outcome: Option<Outcome>,
    /// Not before this moment.
    pub since: Option<OffsetDateTime>,
    /// Before this moment.
    pub until: Option<OffsetDateTime>,
    /// Older than the entry of this id.
    pub below: Option<i64>,
}

impl Store {
    /// Up to `limit` entries, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn audit_log(&self, filter: &AuditFilter, limit: i64) -> Result<Vec<AuditRecord>, StoreError> {
        let mut sql = QueryBuilder::new(
            "SELECT id, at, actor, token_id, role, host(source) AS source, request_id, action, outcome, code,
                tenant_id, target, before, after
             FROM control.audit_log WHERE true",
        );
        filter.push(&mut sql);
        sql.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
        Ok(sql.build_query_as().fetch_all(&self.pool).await?)
    }
}

impl AuditFilter {
    /// Only what is asked for stands in the text, so that each has a plan of its own.
    fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(tenant) = self.tenant {
            sql.push(" AND tenant_id = ").push_bind(tenant.as_uuid());
        }
        if let Some(actor) = &self.actor {
            sql.push(" AND actor = ").push_bind(actor.clone());
        }
        if let Some(action) = &self.action {
            sql.push(" AND action = ").push_bind(action.clone());
        }
        if let Some(outcome) = self.outcome {
            sql.push(" AND outcome = ").push_bind(outcome.as_str());
        }
        if let Some(since) = self.since {
            sql.push(" AND at >= ").push_bind(since);
        }
        if let Some(until) = self.until {
            sql.push(" AND at < ").push_bind(until);
        }
        if let Some(below) = self.below {
            sql.push(" AND id < ").push_bind(below);
        }
    }
}
