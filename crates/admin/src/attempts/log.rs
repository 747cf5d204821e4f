//! The audit log, where there is no change to write an entry together with.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use control_plane::{Actor, AuditEntry, JsonText, Outcome, Store};
use serde_json::json;
use tokio::time::{sleep, timeout};
use web::Code;

use super::{Audited, Seen, strangers::Strangers};

/// How long an entry may take to be written, while a caller waits for its answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// Writes entries; what cannot be written goes to the service's own log.
#[derive(Clone)]
pub(crate) struct AttemptLog {
    store: Store,
    strangers: Arc<Strangers>,
}

impl AttemptLog {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            strangers: Arc::default(),
        }
    }

    /// Writes down how a request ended, unless that was done together with the change.
    pub(super) async fn answered(&self, actor: &Actor, seen: &Seen, ending: Option<Ending>) {
        if let Some(Ending { outcome, code }) = ending {
            self.write(&seen.entry(actor, outcome, code)).await;
        }
    }

    /// Writes down that somebody was not let in: some of them, and of the rest how many there were.
    pub(crate) async fn stranger(&self, stranger: &Actor, seen: &Seen) {
        let Some(window) = self.strangers.admit() else {
            let entry = seen.entry(stranger, Outcome::Refused, Some(Code::Unauthenticated));
            return self.write(&entry).await;
        };
        if let Some(left) = window.ends_in {
            let log = self.clone();
            tokio::spawn(async move {
                sleep(left).await;
                log.left_out(log.strangers.take_left_out()).await;
            });
        }
    }

    async fn left_out(&self, count: u64) {
        let actor = Actor::service(STRANGER);
        let entry = AuditEntry {
            outcome: Outcome::Refused,
            code: Some(Code::Unauthenticated.name()),
            ..AuditEntry::done(&actor, "authenticate")
        };
        // It stands for all of them, and a reader should see that where others have a path.
        let entry = entry.target(format!("{count} more requests"));
        let after = JsonText::of(&json!({"left_out": count, "seconds": Strangers::WINDOW.as_secs()}));
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
            // The span's id of the request is here.
            parent: None,
            actor = entry.actor.name,
            token = entry.actor.token.map(tracing::field::display),
            source = entry.actor.source.map(tracing::field::display),
            request_id = entry.actor.request_id,
            action = entry.action,
            outcome = entry.outcome.as_str(),
            code = entry.code,
            path = entry.target,
            error,
            "an attempt could not be written into the audit log"
        );
    }
}

/// How a request ended.
pub(super) struct Ending {
    outcome: Outcome,
    code: Option<Code>,
}

impl Ending {
    /// `None`: that stands in the log already.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let status = response.status();
        let outcome = match status {
            _ if status.is_client_error() => Outcome::Refused,
            _ if status.is_server_error() => Outcome::Failed,
            _ if response.extensions().get::<Audited>().is_some() => return None,
            _ => Outcome::Done,
        };
        let code = response.extensions().get().copied();
        Some(Self { outcome, code })
    }
}

/// The actor of whoever was not let in.
pub(crate) const STRANGER: &str = "unauthenticated";
