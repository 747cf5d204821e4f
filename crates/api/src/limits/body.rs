//! Limits of bodies: of a request's before and while it is read, of a response's before or while it is sent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, header};
use http_body_util::Limited as LimitedBody;
use hyper::body::{Frame, SizeHint};
use tenant_limits::Permit;
use web::Problem;

use super::refuse;

/// Holds the request's body to `limit` bytes.
///
/// # Errors
/// The problem of one that is announced to be larger.
pub(super) fn limit_request(request: Request, limit: u32) -> Result<Request, Problem> {
    let announced = announced(request.headers()).or_else(|| request.body().size_hint().exact());
    if announced.is_some_and(|length| length > limit.into()) {
        return Err(refuse::body_too_large(limit.into()));
    }
    if announced.is_some() {
        return Ok(request);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(request.map(|body| Body::new(LimitedBody::new(body, limit))))
}

/// The length in `Content-Length`; hyper has checked that it is one number.
fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The length of a response's body, where it is known; of the answer to HEAD that of the body that it leaves out.
fn length(response: &Response) -> Option<u64> {
    announced(response.headers()).or_else(|| response.body().size_hint().exact())
}

/// Holds a successful response's body to `limit` bytes, and the permit until a body of unknown length is sent. One whose
/// length is known is complete: it is the listener's to send.
pub(super) fn limit_response(response: Response, limit: Option<u32>, permit: Option<Permit>) -> Response {
    let limit = limit.filter(|_| response.status().is_success()).map(u64::from);
    match (length(&response), limit) {
        (Some(length), Some(limit)) if length > limit => refuse::response_too_large(limit),
        (Some(_), _) => response,
        (None, None) if permit.is_none() => response,
        (None, left) => response.map(|body| {
            Body::new(StreamedBody {
                body,
                left,
                _permit: permit,
            })
        }),
    }
}

/// A response's body of unknown length.
struct StreamedBody {
    body: Body,
    /// Bytes that it may still have.
    left: Option<u64>,
    _permit: Option<Permit>,
}

/// The body has more bytes than the tenant's responses may.
#[derive(Debug, thiserror::Error)]
#[error("the response is larger than its tenant's may be, and is cut off")]
struct TooLarge;

impl HttpBody for StreamedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let (Some(Ok(frame)), Some(left)) = (&frame, &mut self.left) {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(bytes.try_into().unwrap_or(u64::MAX)) {
                Some(rest) => *left = rest,
                // hyper closes the connection, or resets the stream: the client sees that this is not all of it.
                None => return Poll::Ready(Some(Err(axum::Error::new(TooLarge)))),
            }
        }
        Poll::Ready(frame)
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
    use axum::body::to_bytes;
    use axum::response::IntoResponse as _;
    use futures_util::stream;
    use http::StatusCode;
    use web::Code;

    use super::*;
    use crate::codes;

    fn code(response: &Response) -> Option<Code> {
        response.extensions().get().copied()
    }

    fn request(length: Option<&str>, body: Body) -> Request {
        let mut request = Request::new(body);
        if let Some(length) = length {
            request
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length.parse().unwrap());
        }
        request
    }

    fn streamed(parts: [&'static str; 3]) -> Body {
        Body::from_stream(stream::iter(parts.map(Ok::<_, std::io::Error>)))
    }

    #[tokio::test]
    async fn a_request_is_refused_by_its_announced_length_or_while_it_is_read() {
        let refused = limit_request(request(Some("11"), Body::empty()), 10).unwrap_err();
        assert_eq!(refused.code(), Code::BodyTooLarge);
        assert!(limit_request(request(Some("10"), Body::empty()), 10).is_ok());

        let body = |limit| limit_request(request(None, streamed(["four", "four", "4"])), limit).unwrap();
        assert_eq!(to_bytes(body(9).into_body(), 100).await.unwrap(), "fourfour4");
        let error = web::extract::whole_body(body(8)).await.unwrap_err();
        assert_eq!(error.code(), Code::BodyTooLarge);
    }

    #[tokio::test]
    async fn a_response_is_replaced_if_its_length_is_known_and_cut_off_if_not() {
        let of = |body: Body| limit_response(body.into_response(), Some(8), None);
        assert_eq!(code(&of("eight...".into())), None);
        let refused = of("more than 8".into());
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(code(&refused), Some(codes::RESPONSE_TOO_LARGE));

        let body = of(streamed(["four", "four", ""])).into_body();
        assert_eq!(to_bytes(body, 100).await.unwrap(), "fourfour");
        let body = of(streamed(["four", "four", "4"])).into_body();
        assert!(to_bytes(body, 100).await.is_err());
    }

    #[test]
    fn the_answer_to_head_has_the_length_of_what_it_leaves_out() {
        let mut response = Body::empty().into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, "9".parse().unwrap());
        let response = limit_response(response, Some(8), None);
        assert_eq!(code(&response), Some(codes::RESPONSE_TOO_LARGE));
    }

    #[test]
    fn errors_are_not_limited() {
        let response = (StatusCode::BAD_REQUEST, "more than 8").into_response();
        assert_eq!(limit_response(response, Some(8), None).status(), 400);
    }
}
