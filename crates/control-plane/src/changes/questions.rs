//! Questions after the standing of tenants, answered over the connection that listens.
//!
//! After a loss the registry compares what is resident with the store. The listener's connection is fresh then; those
//! of the store's pool may be as dead as the one that was lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tenant_registry::{TenantId, TenantNotice};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How long an answer may take. A listener answers only while its stream of changes is polled.
const ANSWER: Duration = Duration::from_secs(1);
/// Questions that wait at once: there is one for each registry that compares.
const WAITING: usize = 16;

pub(super) struct Question {
    pub(super) tenants: Vec<TenantId>,
    pub(super) answer: oneshot::Sender<Vec<TenantNotice>>,
}

/// The way to the listener that connected last.
#[derive(Clone, Default)]
pub(crate) struct ListenerQuestions(Arc<Mutex<Option<mpsc::Sender<Question>>>>);

impl ListenerQuestions {
    /// How these tenants stand; `None` where nobody listens, or the connection is lost again.
    pub(crate) async fn ask(&self, tenants: &[TenantId]) -> Option<Vec<TenantNotice>> {
        let listener = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let (answer, answered) = oneshot::channel();
        let question = Question {
            tenants: tenants.to_vec(),
            answer,
        };
        let asking = async {
            listener.send(question).await.ok()?;
            answered.await.ok()
        };
        timeout(ANSWER, asking).await.ok().flatten()
    }

    /// From here on questions go to whoever has this.
    pub(super) fn receive(&self) -> mpsc::Receiver<Question> {
        let (listener, questions) = mpsc::channel(WAITING);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        questions
    }
}
