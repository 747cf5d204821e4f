//! Body of a request that does not count as under way while its peer is waited for.
//!
//! Else a peer that drips bodies could fill the room of the plane: such requests cost a connection, which the listener
//! limits, and no work.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use hyper::body::{Frame, SizeHint};

use super::in_flight::Place;

struct AwaitedBody {
    body: Body,
    place: Arc<Place>,
}

/// Has the request give up its place while a reader waits for its body.
pub(super) fn leave_while_awaited(request: Request, place: &Arc<Place>) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let place = Arc::clone(place);
    request.map(|body| Body::new(AwaitedBody { body, place }))
}

impl HttpBody for AwaitedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Pending => self.place.leave(),
            Poll::Ready(None | Some(Err(_))) => self.place.take_again(),
            Poll::Ready(Some(Ok(_))) if self.body.is_end_stream() => self.place.take_again(),
            Poll::Ready(Some(Ok(_))) => {}
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

impl Drop for AwaitedBody {
    fn drop(&mut self) {
        // A handler that does not read to the end goes on without the body.
        self.place.take_again();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use futures_util::stream;
    use uuid::Uuid;

    use super::*;
    use crate::limits::in_flight::InFlight;

    #[test]
    fn a_request_leaves_while_its_body_is_awaited_and_counts_from_its_end_on() {
        let in_flight = Arc::new(InFlight::new(2));
        let tenant = Uuid::from_u128(1).into();
        let place = Arc::new(in_flight.enter(tenant).unwrap());
        assert!(in_flight.enter(tenant).is_none(), "it has its half");
        let never = Body::from_stream(stream::pending::<Result<Bytes, axum::Error>>());
        let mut request = leave_while_awaited(Request::new(never), &place);
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(request.body_mut()).poll_frame(&mut context).is_pending());
        assert!(Pin::new(request.body_mut()).poll_frame(&mut context).is_pending());
        assert!(in_flight.enter(tenant).is_some());
        drop(request);
        assert!(in_flight.enter(tenant).is_none());
        drop(place);
        assert!(in_flight.enter(tenant).is_some());
    }

    #[test]
    fn a_body_that_is_there_keeps_its_place() {
        let in_flight = Arc::new(InFlight::new(2));
        let place = Arc::new(in_flight.enter(Uuid::from_u128(1).into()).unwrap());
        let mut request = leave_while_awaited(Request::new(Body::from("{}")), &place);
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(request.body_mut()).poll_frame(&mut context).is_ready());
        assert!(in_flight.enter(Uuid::from_u128(1).into()).is_none());
    }
}
