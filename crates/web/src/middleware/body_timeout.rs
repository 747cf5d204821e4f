//! Timeouts of a request's body: for each pause and for the whole.
//!
//! tower-http's layers would have each body register two timers a frame, also the one that has come with its head, and
//! hide whether a body is empty. Here its timers start when a reader first has to wait.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Bytes, HttpBody},
};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;
use tower_http::timeout::{DeadlineBody, TimeoutBody};

/// A body that fails with [`BodyTimeout`](super::BodyTimeout) if it comes too slowly.
pub struct TimedBody<B> {
    /// The body, until a reader has to wait for it.
    untimed: Option<B>,
    timed: Option<Pin<Box<DeadlineBody<TimeoutBody<B>>>>>,
    pause: Duration,
    end: Instant,
}

impl<B> TimedBody<B> {
    /// Allows pauses of `pause` between two frames, and `whole` from now on to the end.
    pub(super) fn new(body: B, pause: Duration, whole: Duration) -> Self {
        Self {
            untimed: Some(body),
            timed: None,
            pause,
            end: Instant::now() + whole,
        }
    }
}

impl<B> HttpBody for TimedBody<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(mut body) = self.untimed.take() {
            if let Poll::Ready(frame) = Pin::new(&mut body).poll_frame(cx) {
                self.untimed = Some(body);
                return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
            }
            let left = self.end.saturating_duration_since(Instant::now());
            let timed = DeadlineBody::new(left, TimeoutBody::new(self.pause, body));
            self.timed = Some(Box::pin(timed));
        }
        self.timed
            .as_mut()
            .map_or(Poll::Ready(None), |body| body.as_mut().poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.untimed.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.untimed
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::stream;
    use http_body_util::BodyExt as _;
    use tokio::time::sleep;

    use super::*;
    use crate::middleware::BodyTimeout;

    /// A byte every 100 ms, `count` times.
    fn trickle(count: u32) -> Body {
        Body::from_stream(stream::unfold(0, move |sent| async move {
            sleep(Duration::from_millis(100)).await;
            (sent < count).then_some((Ok::<_, BoxError>("x"), sent + 1))
        }))
    }

    async fn read(body: Body, pause: u64, whole: u64) -> Result<usize, bool> {
        let [pause, whole] = [pause, whole].map(Duration::from_millis);
        let body = TimedBody::new(body, pause, whole);
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

    #[tokio::test(start_paused = true)]
    async fn a_complete_body_needs_no_timer() {
        let mut body = TimedBody::new(Body::from("x"), Duration::ZERO, Duration::ZERO);
        assert_eq!(body.size_hint().exact(), Some(1));
        while let Some(frame) = body.frame().await {
            frame.unwrap();
        }
        assert!(body.timed.is_none());
    }
}
