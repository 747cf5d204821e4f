//! Bodies of requests, whose pace is reported to their connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};

use super::activity::BodyProgress;

/// The body of a request, as it comes from the peer.
#[derive(Debug)]
pub struct ReceivedBody {
    body: Incoming,
    /// Until the body has ended.
    progress: Option<BodyProgress>,
}

impl ReceivedBody {
    pub(super) fn new(body: Incoming, progress: Option<BodyProgress>) -> Self {
        Self { body, progress }
    }
}

impl HttpBody for ReceivedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match (&polled, &mut self.progress) {
            (Poll::Pending, Some(progress)) => progress.wait(),
            (Poll::Ready(Some(Ok(frame))), Some(progress)) => {
                progress.receive(frame.data_ref().map_or(0, Bytes::len));
            }
            (Poll::Ready(_), progress) => *progress = None,
            (Poll::Pending, None) => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
