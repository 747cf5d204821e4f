//! One request and its response, between hyper and the router.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    Error, Router,
    body::{Body, Bytes, HttpBody},
    routing::future::RouteFuture,
};
use http::{Request, Response};
use hyper::body::{Frame, Incoming, SizeHint};
use tower::Service as _;

use super::{
    Peer,
    activity::{Activity, InFlight},
    begun::Begun,
    unsent::Unsent,
};

/// The router as a connection's service.
pub(super) struct Exchanges {
    router: Router,
    peer: Peer,
    activity: Arc<Activity>,
    begin_for_the_gone: bool,
}

impl Exchanges {
    pub(super) fn new(router: Router, peer: Peer, activity: Arc<Activity>, begin_for_the_gone: bool) -> Self {
        Self {
            router,
            peer,
            activity,
            begin_for_the_gone,
        }
    }
}

impl hyper::service::Service<Request<Incoming>> for Exchanges {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, mut request: Request<Incoming>) -> Answer {
        let in_flight = self.activity.begin(request.version());
        request.extensions_mut().insert(self.peer);
        let request = request.map(|incoming| AskBody {
            whole: incoming.is_end_stream(),
            incoming,
            activity: Arc::clone(&self.activity),
        });
        // A router is always ready.
        let route = self.router.clone().call(request);
        Answer {
            route: if self.begin_for_the_gone {
                Begun::now(route)
            } else {
                Begun::later(route)
            },
            activity: Arc::clone(&self.activity),
            in_flight: Some(in_flight),
        }
    }
}

/// A response to come. If it is dropped, its request is no longer in flight either.
pub(super) struct Answer {
    route: Begun<RouteFuture<Infallible>>,
    activity: Arc<Activity>,
    in_flight: Option<InFlight>,
}

impl Future for Answer {
    type Output = Result<Response<AnswerBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Ok(response) = ready!(Pin::new(&mut self.route).poll(cx));
        let in_flight = self.in_flight.take();
        Poll::Ready(Ok(response.map(|body| AnswerBody {
            body,
            activity: Arc::clone(&self.activity),
            _in_flight: in_flight,
        })))
    }
}

/// A response's body. Its request is in flight until hyper has taken all of it.
pub(super) struct AnswerBody {
    body: Body,
    activity: Arc<Activity>,
    _in_flight: Option<InFlight>,
}

impl HttpBody for AnswerBody {
    type Data = Unsent;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Unsent>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(
            frame.map(|frame| frame.map(|frame| frame.map_data(|bytes| Unsent::new(bytes, &self.activity)))),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request's body, which tells when it is dropped before its end.
struct AskBody {
    incoming: Incoming,
    whole: bool,
    activity: Arc<Activity>,
}

impl HttpBody for AskBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        self.whole = frame.is_none() || self.incoming.is_end_stream();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for AskBody {
    fn drop(&mut self) {
        if !self.whole {
            self.activity.left_unread();
        }
    }
}
