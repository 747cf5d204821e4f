//! Wait for a connection, in the tenant's queue.

use pg_session::Refusal;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::checkout::Checkout;
use super::connector::PostgresAccount;
use super::engine::{CancelOutcome, EnqueueOutcome};

/// Waits for a returned connection, a new login, a refusal or the deadline, whichever comes first.
pub(super) async fn wait(account: &PostgresAccount, deadline: Instant) -> Result<Checkout, Refusal> {
    let inner = account.connector.settings.budget.inner();
    let (answer_tx, mut answer_rx) = oneshot::channel();
    let now = inner.now();
    let (outcome, needs_polling) = inner.with(|core| {
        let outcome = core.enqueue(account, answer_tx, now);
        (outcome, !core.priority_queues.is_empty())
    });
    let id = match outcome {
        EnqueueOutcome::Granted(slot, pooled) => {
            return Ok(Checkout::new(PostgresAccount::clone(account), slot, pooled, now));
        }
        EnqueueOutcome::Refused(refusal) => return Err(refusal),
        EnqueueOutcome::Queued(id) => id,
    };
    // A request that waits for the tenant's own connections needs no periodic dispatch.
    if needs_polling {
        inner.waiting.notify_one();
    }
    let mut waiter = QueuedWaiter {
        account,
        id: Some(id),
    };
    let answer = match timeout_at(deadline, &mut answer_rx).await {
        Ok(answer) => {
            waiter.id = None;
            answer
        }
        Err(_) => match waiter.cancel() {
            Some(CancelOutcome::TimedOut(refusal)) => {
                inner.meters.timed_out();
                return Err(refusal);
            }
            // Answered at the deadline: the engine has decided, and the answer is about to be sent.
            Some(CancelOutcome::AlreadyAnswered) | None => answer_rx.await,
        },
    };
    inner.meters.waited(inner.now().saturating_sub(now));
    // The sender is dropped without an answer only when the runtime shuts down.
    answer.unwrap_or(Err(Refusal::Closed))
}

/// A queued waiter, removed from the queue on drop.
struct QueuedWaiter<'a> {
    account: &'a PostgresAccount,
    id: Option<u64>,
}

impl QueuedWaiter<'_> {
    fn cancel(&mut self) -> Option<CancelOutcome> {
        let id = self.id.take()?;
        let inner = self.account.connector.settings.budget.inner();
        Some(inner.with(|core| core.cancel_wait(self.account, id, inner.now())))
    }
}

impl Drop for QueuedWaiter<'_> {
    fn drop(&mut self) {
        self.cancel();
    }
}
