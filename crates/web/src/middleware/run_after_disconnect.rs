//! Requests that run although their client has disconnected.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures_util::future::{Either, Ready, ready};
use tower::Service;

/// Begins each request when it comes, for a plane that records all attempts.
///
/// hyper's HTTP/1 polls for the response only after it has looked whether the client is there: a request whose client
/// disconnects right behind its head would never begin, and stand in no log.
#[derive(Clone)]
pub struct RunAfterDisconnect<S>(pub S);

impl<S: Service<R>, R> Service<R> for RunAfterDisconnect<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<Ready<<S::Future as Future>::Output>, Pin<Box<S::Future>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let mut response = Box::pin(self.0.call(request));
        // It is polled again for its output, with a waker of the caller.
        match response.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Either::Left(ready(output)),
            Poll::Pending => Either::Right(response),
        }
    }
}
