//! Response bodies whose parts are counted until the peer has read them.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Buf, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::activity::Exchange;

pin_project! {
    /// The body of an exchange's response.
    pub(super) struct Counted<B> {
        #[pin]
        body: B,
        exchange: Exchange,
    }
}

impl<B> Counted<B> {
    pub(super) fn new(body: B, exchange: Exchange) -> Self {
        Self { body, exchange }
    }
}

impl<B: HttpBody<Data = Bytes>> HttpBody for Counted<B> {
    type Data = Unread;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Unread>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(cx));
        let unread = |bytes| Unread::new(bytes, this.exchange.clone());
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(unread))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A part of a response. hyper drops it when it is written, wherever it waits until then, be it for the socket or for a
/// window of HTTP/2.
pub(super) struct Unread {
    bytes: Bytes,
    length: usize,
    since: Instant,
    exchange: Exchange,
}

impl Unread {
    fn new(bytes: Bytes, exchange: Exchange) -> Self {
        let length = bytes.len();
        Self {
            bytes,
            length,
            since: exchange.wait(length),
            exchange,
        }
    }
}

impl Buf for Unread {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.exchange.progress();
    }

    /// Without a copy.
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        self.bytes.copy_to_bytes(count)
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.exchange.end(self.length, self.since);
    }
}
