//! Rejection of requests by their head alone.

use axum::body::Body;
use http::{HeaderValue, Request, Response, header::CONNECTION};
use tower_http::{compression::CompressionBody, limit::ResponseBody, validate_request::ValidateRequest};

use super::{AllowedHosts, StackSettings, cross_site::is_cross_site, framing, host};
use crate::{
    error::{Code, Problem},
    listen::Peer,
};

#[derive(Clone)]
pub struct CheckHead {
    uri_limit: usize,
    allowed_hosts: AllowedHosts,
    same_site_below: Option<&'static str>,
}

impl CheckHead {
    pub(super) fn new(settings: &StackSettings) -> Self {
        Self {
            uri_limit: settings.uri_limit,
            allowed_hosts: settings.allowed_hosts.clone(),
            same_site_below: settings.same_site_below,
        }
    }
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
        let called = || request.extensions().get().and_then(Peer::called);
        let hosts = &self.allowed_hosts;
        if !hosts.are_any() && !hosts.allow(host::name(request), called) {
            return Err(Problem::new(Code::HostNotAllowed).unrendered());
        }
        let below = |path| request.uri().path().starts_with(path);
        if self.same_site_below.is_some_and(below) && is_cross_site(request) {
            return Err(Problem::new(Code::CrossSite).unrendered());
        }
        let uri = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
        if uri > self.uri_limit {
            return Err(Problem::new(Code::UriTooLong).unrendered());
        }
        Ok(())
    }
}
