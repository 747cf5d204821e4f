//! A client of the admin plane.

mod answer;
mod error;
mod failure;
mod follow;
mod http;
mod id_or_name;
mod pages;
mod refusal;
mod request;
mod tenant_plane;
mod tenants;
mod tls;
mod tokens;
mod url;

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::value::RawValue;
use ureq::http::StatusCode;

pub(crate) use self::answer::Answer;
pub use self::error::ClientError;
pub(crate) use self::follow::{OPERATIONS, Watcher};
pub use self::id_or_name::IdOrName;
pub(crate) use self::pages::{List, Paging};
pub(crate) use self::request::Request;
pub(crate) use self::tenant_plane::{TenantAnswer, TenantPlane};
pub(crate) use self::tenants::TENANTS;
pub use self::tls::{ClientTls, PemFile};
pub(crate) use self::tokens::ADMIN_TOKENS;
pub use self::url::ServiceUrl;

use self::failure::Failure;
use self::http::Http;
use self::refusal::Refusal;

/// A service, the token for it, and how to speak TLS with it.
#[derive(Debug, Clone)]
pub struct Target {
    url: ServiceUrl,
    token: SecretString,
    token_source: String,
    tls: ClientTls,
}

impl Target {
    /// The service at this URL. `token_source` is the file, variable or key that the token is from.
    ///
    /// # Errors
    /// When the token is not one word of visible ASCII characters.
    pub fn new(
        url: ServiceUrl,
        token: SecretString,
        token_source: String,
        tls: ClientTls,
    ) -> Result<Self, ClientError> {
        let text = token.expose_secret();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClientError::NotAToken(token_source));
        }
        Ok(Self {
            url,
            token,
            token_source,
            tls,
        })
    }

    pub(crate) fn tls(&self) -> &ClientTls {
        &self.tls
    }
}

/// Speaks to one service.
pub(crate) struct AdminClient {
    http: Http,
    url: ServiceUrl,
    token_source: String,
}

impl AdminClient {
    /// A client of this service.
    pub(crate) fn new(target: Target, timeout: Duration) -> Self {
        let Target {
            url,
            token,
            token_source,
            tls,
        } = target;
        Self {
            http: Http::new(Some(token), timeout, tls),
            url,
            token_source,
        }
    }

    pub(crate) fn url(&self) -> &ServiceUrl {
        &self.url
    }

    /// Sends the request.
    ///
    /// # Errors
    /// When there is no answer, or a refusal.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, ClientError> {
        let url = self.url.of(&request.path, &request.query);
        let response = self.http.send(url, request).await;
        let response = response.map_err(|failure| self.no_answer(request, &failure))?;
        let status = response.status;
        let not_admin_plane = || ClientError::NotAdminPlane {
            url: self.url.clone(),
            status: status.as_u16(),
            // A gateway that lost the answer has such a status.
            list_command: request.list_command().filter(|_| status.is_server_error()),
        };
        if status == StatusCode::NO_CONTENT {
            return Ok(Answer::new(status, &response.headers, RawValue::NULL.to_owned()));
        }
        let body: Box<RawValue> = serde_json::from_slice(&response.body).map_err(|_| not_admin_plane())?;
        if status.is_success() {
            return Ok(Answer::new(status, &response.headers, body));
        }
        let refusal = Refusal::read(body.get()).ok_or_else(not_admin_plane)?;
        if refusal.is_unknown_route() {
            return Err(not_admin_plane());
        }
        let refusal = refusal.for_the_command_line(&self.token_source);
        Err(ClientError::Refused(Box::new(refusal)))
    }

    fn no_answer(&self, request: &Request, failure: &Failure) -> ClientError {
        let (url, why) = (self.url.clone(), failure.why());
        if failure.sent {
            let list_command = request.list_command();
            return ClientError::NoAnswer {
                url,
                why,
                list_command,
            };
        }
        let refused = failure.is_refused();
        ClientError::Unreachable { url, why, refused }
    }
}
