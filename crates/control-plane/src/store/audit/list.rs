//! Reading the audit log.

use pg_timestamp::Timestamp;
use serde::Serialize;
use sqlx::{FromRow, Postgres, QueryBuilder};
use tenant_registry::TenantId;
use uuid::Uuid;

use crate::audit::AuditOutcome;
use crate::audit::action::AuditAction;
use crate::chosen_name::nfc;
use crate::json::JsonText;
use crate::store::Store;
use crate::store::error::StoreError;

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct AuditRecord {
    /// Ascending, roughly in the order of time.
    pub id: i64,
    /// The time of the entry, by the store's clock.
    pub at: Timestamp,
    /// The actor: a token's name, or a component of the service.
    pub actor: String,
    /// The token's id; `None` for the configured token and for the service.
    pub token_id: Option<Uuid>,
    /// The actor's role.
    pub role: Option<String>,
    /// The address of the request's peer.
    pub source: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// The action: a name of [`AuditAction`], or method and route where an older version wrote it.
    pub action: String,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    /// The code of the refusal or failure that the caller received.
    pub code: Option<String>,
    /// The tenant concerned.
    pub tenant_id: Option<Uuid>,
    /// Another object concerned.
    pub target: Option<String>,
    /// The state before.
    pub before: Option<JsonText>,
    /// The state after.
    pub after: Option<JsonText>,
}

/// Filter for the audit log. A field that is `None` matches every entry.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Concerning this tenant.
    pub tenant: Option<TenantId>,
    /// By the actor of this name, literally or in Unicode's form NFC.
    pub actor: Option<String>,
    /// With this action, under any of its names.
    pub action: Option<AuditAction>,
    /// With this outcome.
    pub outcome: Option<AuditOutcome>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// With a smaller id than this.
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
    /// Appends the conditions in use only, so that each combination gets a plan of its own.
    fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(tenant) = self.tenant {
            sql.push(" AND tenant_id = ").push_bind(tenant.as_uuid());
        }
        if let Some(actor) = &self.actor {
            // Names of tokens are in NFC, but for those of older versions.
            let names = vec![actor.clone(), nfc(actor)];
            sql.push(" AND actor = ANY (").push_bind(names).push(")");
        }
        if let Some(action) = self.action {
            sql.push(" AND action = ANY (")
                .push_bind(action.names())
                .push(")");
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
