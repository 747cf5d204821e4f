//! Audit entries of requests that are not audited in the transaction of a change.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use control_plane::{Actor, AuditAction, AuditEntry, AuditOutcome, JsonText, Store};
use serde_json::json;
use tokio::time::{sleep, timeout};
use web::Code;

use super::{Audited, RequestRecord, unauthenticated_limit::UnauthenticatedLimit};

/// Time limit for writing an entry, since the caller waits for it.
const DEADLINE: Duration = Duration::from_secs(2);

/// Writes audit entries. An entry that cannot be written goes to the service's log.
#[derive(Clone)]
pub(crate) struct AttemptLog {
    store: Store,
    limit: Arc<UnauthenticatedLimit>,
}

impl AttemptLog {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            limit: Arc::default(),
        }
    }

    /// Writes how a request ended, unless its change has been audited.
    pub(super) async fn answered(&self, actor: &Actor, record: &RequestRecord, ending: Option<Ending>) {
        if let Some(Ending { outcome, code }) = ending {
            self.write(&record.entry(actor, outcome, code)).await;
        }
    }

    /// Writes an unauthenticated request, up to a limit per time window; the rest is counted in one entry.
    pub(crate) async fn unauthenticated(&self, actor: &Actor, record: &RequestRecord) {
        let Some(window) = self.limit.admit() else {
            let entry = record.entry(actor, AuditOutcome::Refused, Some(Code::Unauthenticated));
            return self.write(&entry).await;
        };
        if let Some(left) = window.ends_in {
            let log = self.clone();
            tokio::spawn(async move {
                sleep(left).await;
                log.left_out(log.limit.take_left_out()).await;
            });
        }
    }

    async fn left_out(&self, count: u64) {
        let actor = Actor::service(UNAUTHENTICATED);
        let entry = AuditEntry {
            outcome: AuditOutcome::Refused,
            code: Some(Code::Unauthenticated.name()),
            ..AuditEntry::done(&actor, AuditAction::Authenticate)
        };
        // The entry counts several requests, so it has a number in place of a path.
        let entry = entry.target(format!("{count} more requests"));
        let after =
            JsonText::of(&json!({"left_out": count, "seconds": UnauthenticatedLimit::WINDOW.as_secs()}));
        self.write(&entry.changed(None, Some(after))).await;
    }

    async fn write(&self, entry: &AuditEntry<'_>) {
        let error = match timeout(DEADLINE, self.store.audit(entry)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => web::error::in_one_line(&error),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::warn!(
            target: "audit",
            // The request id is in the fields, so the span is not needed.
            parent: None,
            actor = entry.actor.name,
            token = entry.actor.token.map(tracing::field::display),
            source = entry.actor.source.map(tracing::field::display),
            request_id = entry.actor.request_id,
            action = entry.action.as_str(),
            outcome = entry.outcome.as_str(),
            code = entry.code,
            path = entry.target,
            error,
            "cannot write an audit entry; it is only in this log"
        );
    }
}

/// How a request ended.
pub(super) struct Ending {
    outcome: AuditOutcome,
    code: Option<Code>,
}

impl Ending {
    /// `None` if the request has been audited.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let status = response.status();
        let outcome = match status {
            _ if status.is_client_error() => AuditOutcome::Refused,
            _ if status.is_server_error() => AuditOutcome::Failed,
            _ if response.extensions().get::<Audited>().is_some() => return None,
            _ => AuditOutcome::Done,
        };
        let code = response.extensions().get().copied();
        Some(Self { outcome, code })
    }
}

/// The actor of unauthenticated requests.
pub(crate) const UNAUTHENTICATED: &str = "unauthenticated";
