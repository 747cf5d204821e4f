//! Identification of the tenant that a request is for.

use ::axum::extract::Request;
use ::axum::http::StatusCode;
use ::axum::response::IntoResponse;

use crate::id::TenantId;

/// How a request names its tenant. A closure from [`Request`] to the tenant or a response is one.
pub trait IdentifyTenant: Clone + Send + 'static {
    /// The answer to a request without a tenant.
    type Rejection: IntoResponse;

    /// The tenant that the request is for.
    ///
    /// # Errors
    /// When it names none, or not in a way that is understood; then that is the response.
    fn tenant(&self, request: &Request) -> Result<TenantId, Self::Rejection>;
}

impl<F, R> IdentifyTenant for F
where
    F: Fn(&Request) -> Result<TenantId, R> + Clone + Send + 'static,
    R: IntoResponse,
{
    type Rejection = R;

    fn tenant(&self, request: &Request) -> Result<TenantId, R> {
        self(request)
    }
}

/// The tenant's UUID in a header of this name, exactly once. Any client can write it: use it behind something that has
/// authenticated the caller.
#[derive(Debug, Clone, Copy)]
pub struct TenantHeader(pub &'static str);

impl IdentifyTenant for TenantHeader {
    type Rejection = (StatusCode, String);

    fn tenant(&self, request: &Request) -> Result<TenantId, Self::Rejection> {
        let mut given = request.headers().get_all(self.0).iter();
        let id = given.next().and_then(|value| value.to_str().ok()?.parse().ok());
        id.filter(|_| given.next().is_none()).ok_or_else(|| {
            let explanation = format!("exactly one header {} with the tenant's UUID is needed", self.0);
            (StatusCode::BAD_REQUEST, explanation)
        })
    }
}

#[cfg(test)]
mod tests {
    use ::axum::body::Body;

    use super::*;

    const ID: &str = "0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f10";

    fn tenant(values: &[&str]) -> Result<String, StatusCode> {
        let mut request = Request::builder();
        for value in values {
            request = request.header("x-tenant-id", *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let tenant = TenantHeader("x-tenant-id").tenant(&request);
        tenant
            .map(|tenant| tenant.to_string())
            .map_err(|(status, _)| status)
    }

    #[test]
    fn exactly_one_uuid() {
        assert_eq!(tenant(&[ID]), Ok(ID.to_owned()));
        for wrong in [&[][..], &["1"], &[ID, ID], &[""]] {
            assert_eq!(tenant(wrong), Err(StatusCode::BAD_REQUEST), "{wrong:?}");
        }
    }
}
