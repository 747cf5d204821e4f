//! A request's body that must not dawdle.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// A body paused for longer than it may, or was not whole in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the request's body came too slowly")]
pub struct BodyTimeout;

/// Ends with [`BodyTimeout`] when a frame takes longer than `pause`, or the body is not whole by `end`. The
/// second is for who sends a byte at a time, just often enough.
///
/// The clock runs only while someone waits for the body: a handler that takes its time does not use it up.
pub(super) struct PacedBody {
    body: Body,
    pause: Duration,
    end: Instant,
    /// Made at the first wait: most bodies have come with their head.
    sleep: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl PacedBody {
    pub(super) fn new(body: Body, pause: Duration, end: Instant) -> Self {
        Self {
            body,
            pause,
            end,
            sleep: None,
            waiting: false,
        }
    }

    fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.waiting {
            self.waiting = true;
            let until = self.end.min(Instant::now() + self.pause);
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(until),
                None => self.sleep = Some(Box::pin(sleep_until(until))),
            }
        }
        self.sleep
            .as_mut()
            .map_or(Poll::Pending, |sleep| sleep.as_mut().poll(cx))
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        self.poll_too_slow(cx).map(|()| Some(Err(BodyTimeout.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt as _;
    use tokio::time::sleep;

    use super::*;

    /// A byte every 100 ms, `count` times.
    fn trickle(count: u32) -> Body {
        Body::from_stream(stream::unfold(0, move |sent| async move {
            sleep(Duration::from_millis(100)).await;
            (sent < count).then_some((Ok::<_, BoxError>("x"), sent + 1))
        }))
    }

    async fn read(body: Body, pause: u64, whole: u64) -> Result<usize, bool> {
        let end = Instant::now() + Duration::from_millis(whole);
        let body = PacedBody::new(body, Duration::from_millis(pause), end);
        body.collect()
            .await
            .map(|b| b.to_bytes().len())
            .map_err(|e| e.is::<BodyTimeout>())
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_within_bounds_pass() {
        assert_eq!(read(trickle(20), 150, 5000).await, Ok(20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_too_long_ends_it() {
        assert_eq!(read(trickle(20), 50, 5000).await, Err(true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_ends_too() {
        assert_eq!(read(trickle(20), 150, 1000).await, Err(true));
    }
}
