//! Queries for the standing of tenants over the listener's connection.
//!
//! After a lost connection the registry compares its resident tenants with the store. The listener's connection is new
//! then; those of the store's pool may be as dead as the lost one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tenant_registry::{TenantId, TenantNotice};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The timeout of an answer. A listener answers only while its stream of changes is polled.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// The capacity of the queue: each registry sends one query at a time.
const CAPACITY: usize = 16;

/// A query that waits for its answer.
pub(crate) struct StandingQuery {
    pub(crate) tenants: Vec<TenantId>,
    pub(crate) answer: oneshot::Sender<Vec<TenantNotice>>,
}

/// Sends queries to the listener that connected last.
#[derive(Clone, Default)]
pub(crate) struct StandingQueries(Arc<Mutex<Option<mpsc::Sender<StandingQuery>>>>);

impl StandingQueries {
    /// The standing of these tenants; `None` without a listener, or when its connection is lost.
    pub(crate) async fn ask(&self, tenants: &[TenantId]) -> Option<Vec<TenantNotice>> {
        let listener = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let (answer, answered) = oneshot::channel();
        let query = StandingQuery {
            tenants: tenants.to_vec(),
            answer,
        };
        let round_trip = async {
            listener.send(query).await.ok()?;
            answered.await.ok()
        };
        timeout(ANSWER_TIMEOUT, round_trip).await.ok().flatten()
    }

    /// Directs all further queries to the returned receiver.
    pub(crate) fn receive(&self) -> mpsc::Receiver<StandingQuery> {
        let (listener, queries) = mpsc::channel(CAPACITY);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        queries
    }
}
