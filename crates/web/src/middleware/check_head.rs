//! Rejection of requests by their head alone.

use axum::body::Body;
use http::{HeaderValue, Request, Response, header::CONNECTION};
use tower_http::{compression::CompressionBody, limit::ResponseBody, validate_request::ValidateRequest};

use super::{framing, host};
use crate::error::{Code, Problem};

#[derive(Clone, Copy)]
pub struct CheckHead {
    /// The longest path and query, in bytes.
    pub(super) uri_limit: usize,
}

impl<B> ValidateRequest<B> for CheckHead {
    type ResponseBody = ResponseBody<CompressionBody<Body>>;

    fn validate(&mut self, request: &mut Request<B>) -> Result<(), Response<Self::ResponseBody>> {
        if let Some(fault) = framing::fault(request.headers()) {
            let mut response = Problem::new(Code::Malformed).detail(fault).unrendered();
            // Where the next request begins is not known.
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
            return Err(response);
        }
        if let Some(fault) = host::fault(request) {
            return Err(Problem::new(Code::Malformed).detail(fault).unrendered());
        }
        let uri = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
        if uri > self.uri_limit {
            return Err(Problem::new(Code::UriTooLong).unrendered());
        }
        Ok(())
    }
}
