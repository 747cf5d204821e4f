//! A response under its tenant's limits.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::Response;
use pin_project_lite::pin_project;
use tenant_limits::{Permit, Usage};
use tokio::time::Sleep;

use super::in_flight::Place;
use super::{body, fields, refuse};

/// What holds of a request until the head of its response.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Its place among the requests of the plane.
    pub(super) place: Option<Arc<Place>>,
    /// Its place among those of its tenant.
    pub(super) permit: Option<Permit>,
    /// For the response's headers.
    pub(super) usage: Option<Usage>,
    /// The most bytes of the response.
    pub(super) response_limit: Option<u32>,
    /// The end of its time.
    pub(super) deadline: Option<Pin<Box<Sleep>>>,
}

pin_project! {
    /// The response to come. Dropping it gives back what it holds.
    pub(crate) struct Limited<F> {
        #[pin]
        inner: F,
        held: Held,
    }
}

impl<F> Limited<F> {
    pub(super) fn new(inner: F, held: Held) -> Self {
        Self { inner, held }
    }
}

impl<F> Future for Limited<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.inner.poll(context) {
            Poll::Ready(Ok(response)) => response,
            Poll::Pending => {
                let deadline = this.held.deadline.as_mut();
                if !deadline.is_some_and(|deadline| deadline.as_mut().poll(context).is_ready()) {
                    return Poll::Pending;
                }
                refuse::too_slow()
            }
        };
        let held = std::mem::take(this.held);
        drop(held.place);
        let mut response = body::limit_response(response, held.response_limit, held.permit);
        if let Some(usage) = held.usage {
            fields::add(response.headers_mut(), &usage);
        }
        Poll::Ready(Ok(response))
    }
}
