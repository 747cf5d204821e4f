//! A client of the tenant plane.

use std::time::Duration;

use ureq::http::{StatusCode, header};
use uuid::Uuid;

use super::http::{Http, Response};
use super::refusal::Refusal;
use super::{ClientTls, Request, ServiceUrl};

/// Speaks to one tenant plane. It has no token: each request names its tenant.
pub(crate) struct TenantPlane {
    http: Http,
    url: ServiceUrl,
}

/// What a request came to.
pub(crate) enum TenantAnswer {
    /// Its body.
    Success(Vec<u8>),
    /// Refused for now: `Retry-After` in seconds, and why.
    RetryLater(Option<u64>, String),
    /// Refused: why.
    Refused(String),
}

impl TenantPlane {
    /// A client of the plane at this URL, which trusts the authorities of an operator's client. The operator's certificate
    /// is for the admin plane alone.
    pub(crate) fn new(url: ServiceUrl, timeout: Duration, operator: &ClientTls) -> Self {
        let tls = ClientTls {
            certificate: None,
            ..operator.clone()
        };
        let http = Http::new(None, timeout, tls);
        Self { http, url }
    }

    /// Sends the request as the tenant's.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) async fn send(&self, tenant: Uuid, request: Request) -> anyhow::Result<TenantAnswer> {
        let request = request.of_tenant(tenant);
        let response = self
            .http
            .send(self.url.of(&request.path, &request.query), &request);
        match response.await {
            Ok(response) => Ok(read(response)),
            Err(failure) => anyhow::bail!(
                "no answer from the tenant plane at {}: {}",
                self.url,
                failure.why()
            ),
        }
    }
}

fn read(response: Response) -> TenantAnswer {
    let Response {
        status,
        headers,
        body,
    } = response;
    if status.is_success() {
        return TenantAnswer::Success(body);
    }
    let why = Refusal::read(&String::from_utf8_lossy(&body)).map_or_else(
        || format!("status {}, and not a tenant plane's answer", status.as_u16()),
        |refusal| refusal.to_string(),
    );
    if !matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    ) {
        return TenantAnswer::Refused(why);
    }
    let seconds = headers.get(header::RETRY_AFTER);
    let seconds = seconds.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    TenantAnswer::RetryLater(seconds, why)
}
