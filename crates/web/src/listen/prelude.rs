//! What precedes the first request of a connection, under its deadline.

use std::{
    future::poll_fn,
    pin::pin,
    task::{Poll, ready},
};

use tokio::time::{Instant, sleep_until};

use super::activity::{Activity, Reason};

/// Ends at the deadline, and when the connection is asked to close.
pub(super) async fn until_first_request<T>(
    activity: &Activity,
    deadline: Instant,
    prelude: impl Future<Output = T>,
) -> Result<T, Reason> {
    let (mut timer, mut prelude) = (pin!(sleep_until(deadline)), pin!(prelude));
    poll_fn(|cx| {
        activity.set_task(cx.waker());
        if let Poll::Ready(done) = prelude.as_mut().poll(cx) {
            return Poll::Ready(Ok(done));
        }
        if let Some(reason) = activity.asked(false) {
            return Poll::Ready(Err(reason));
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(Reason::FirstRequest))
    })
    .await
}
