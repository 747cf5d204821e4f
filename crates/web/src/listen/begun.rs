//! A request that may be begun before hyper asks for its answer.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// A future that may have been polled once. hyper's HTTP/1 looks whether the client has hung up before it polls for the
/// answer, and then never does: a request whose client goes right behind its head would be begun by nobody and stand in
/// no log.
pub(super) struct Begun<F: Future> {
    future: F,
    output: Option<F::Output>,
}

impl<F: Future + Unpin> Begun<F> {
    /// Begun when it is polled.
    pub(super) const fn later(future: F) -> Self {
        Self { future, output: None }
    }

    /// Begun now.
    pub(super) fn now(mut future: F) -> Self {
        // Whoever wants the output polls again, and gives a waker of his own.
        let first = Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop()));
        let output = match first {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        };
        Self { future, output }
    }
}

impl<F: Future<Output: Unpin> + Unpin> Future for Begun<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.output.take() {
            Some(output) => Poll::Ready(output),
            None => Pin::new(&mut self.future).poll(cx),
        }
    }
}
