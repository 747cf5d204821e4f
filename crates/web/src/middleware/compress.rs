//! Compression of responses, by tower-http.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{Router, body::Body, body::HttpBody};
use http::{Method, Request, Response, header};
use pin_project_lite::pin_project;
use tower::Service;
use tower_http::{
    CompressionLevel,
    compression::{Compression, CompressionBody, Predicate, ResponseFuture},
};

use crate::accept_encoding::refuses_what_there_is;

/// Shorter bodies are not worth it, in bytes.
const SHORTEST: u64 = 1024;

/// Compresses with gzip what [`Worthwhile`] chooses, if the client accepts it.
///
/// Only answers to GET and HEAD: secrets are shown in answers to POST, and a compressed answer tells by its length how
/// much of it the requester knew (BREACH).
#[derive(Clone)]
pub struct Compress<S = Router>(Compression<S, Worthwhile>);

impl<S> Compress<S> {
    pub(super) fn new(inner: S) -> Self {
        let compression = Compression::new(inner)
            .compress_when(Worthwhile)
            .quality(CompressionLevel::Fastest);
        Self(compression)
    }
}

/// Chooses complete bodies of at least [`SHORTEST`] bytes in successful responses without a strong entity tag.
///
/// `If-Match` needs a strong tag, and a compressed representation would have to have another one. Without compression
/// the client has the tag that its change needs. A route whose tags are for caches alone makes them weak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worthwhile;

impl Predicate for Worthwhile {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        let headers = response.headers();
        // The response to HEAD has the length of a body that is left out.
        let announced = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok())
            .and_then(|length| length.parse().ok());
        let length: Option<u64> = announced.or_else(|| response.body().size_hint().exact());
        let strong_tag = headers
            .get(header::ETAG)
            .is_some_and(|tag| !tag.as_bytes().starts_with(b"W/"));
        response.status().is_success() && !strong_tag && length.is_some_and(|length| length >= SHORTEST)
    }
}

impl<S, B> Service<Request<B>> for Compress<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<CompressionBody<Body>>;
    type Error = S::Error;
    type Future = Compressing<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let head = request.method() == Method::HEAD;
        let reads = head || request.method() == Method::GET;
        // tower-http would answer 406, after the handler ran; RFC 9110 allows to disregard the header instead.
        if !reads || refuses_what_there_is(request.headers()) {
            request.headers_mut().remove(header::ACCEPT_ENCODING);
        }
        Compressing {
            inner: self.0.call(request),
            head,
        }
    }
}

pin_project! {
    /// A response to come.
    pub struct Compressing<F> {
        #[pin]
        inner: ResponseFuture<F, Worthwhile>,
        head: bool,
    }
}

impl<F, E> Future for Compressing<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<CompressionBody<Body>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        // Nothing is not compressed to something: gzip has a header.
        let emptied = *this.head && response.headers().contains_key(header::CONTENT_ENCODING);
        Poll::Ready(Ok(if emptied {
            response.map(|_| CompressionBody::default())
        } else {
            response
        }))
    }
}
