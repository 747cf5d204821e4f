//! Waiting for a connection.

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::account::Shared;
use super::checkout::Checkout;
use super::core::{Joined, Left};
use super::door::Real;
use super::refusal::Refusal;

/// Waits for whichever comes first: a connection given back, a login of one's own, a refusal, the deadline.
pub(super) async fn wait(account: &Shared<Real>, deadline: Instant) -> Result<Checkout, Refusal> {
    let inner = account.door.settings.budget.inner();
    let (tell, mut told) = oneshot::channel();
    let now = inner.now();
    let (joined, time_may_help) = inner.with(|core| {
        let joined = core.join(account, tell, now);
        (joined, !core.rings.is_empty())
    });
    let number = match joined {
        Joined::Got(slot, seated) => return Ok(Checkout::new(Shared::clone(account), slot, seated, now)),
        Joined::Refused(refusal) => return Err(refusal),
        Joined::Queued(number) => number,
    };
    // Who only waits for the tenant's own connections needs nobody to look at the clock.
    if time_may_help {
        inner.waiting.notify_one();
    }
    let mut place = Place {
        account,
        number: Some(number),
    };
    let answer = match timeout_at(deadline, &mut told).await {
        Ok(answer) => {
            place.number = None;
            answer
        }
        Err(_) => match place.leave() {
            Some(Left::InVain(refusal)) => {
                inner.meters.timed_out();
                return Err(refusal);
            }
            // Answered at the last moment: the sender has left the mutex and is about to speak.
            Some(Left::Answered) | None => told.await,
        },
    };
    inner.meters.waited(inner.now().saturating_sub(now));
    // Nobody is left to tell only when the runtime goes down.
    answer.unwrap_or(Err(Refusal::Closed))
}

/// A place in the queue, left when its holder is dropped.
struct Place<'a> {
    account: &'a Shared<Real>,
    number: Option<u64>,
}

impl Place<'_> {
    fn leave(&mut self) -> Option<Left> {
        let number = self.number.take()?;
        let inner = self.account.door.settings.budget.inner();
        Some(inner.with(|core| core.leave(self.account, number, inner.now())))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}
