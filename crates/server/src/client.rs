//! A client of the admin plane, for the commands that go by way of a running service.

mod answer;
mod document;
mod error;
mod find;
mod follow;
mod http;
mod pages;
mod request;
mod resolve;
mod url;

use serde_json::Value;
use ureq::http::StatusCode;
use uuid::Uuid;

pub(crate) use self::answer::Answer;
pub(crate) use self::error::{ClientError, exit};
pub(crate) use self::follow::{OPERATIONS, Watcher};
pub(crate) use self::pages::next_cursor;
pub(crate) use self::request::Request;
pub(crate) use self::resolve::TENANTS;
pub(crate) use self::url::ServiceUrl;

use self::http::{Failure, Http};
use crate::output::Refusal;

/// Speaks to one service.
pub(crate) struct AdminClient {
    http: Http,
    url: ServiceUrl,
    /// The file, variable or key that the token is from.
    token_from: String,
}

/// The id in a document of the service's.
///
/// # Errors
/// When there is none.
pub(crate) fn id(document: &Value) -> Result<Uuid, ClientError> {
    let id = document["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    id.ok_or(ClientError::NotUnderstood("it has no id"))
}

impl AdminClient {
    /// Sends the request.
    ///
    /// # Errors
    /// When there is no answer, or a refusal.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, ClientError> {
        let url = self.url.join(&request.path);
        let response = self.http.send(url, request).await;
        let response = response.map_err(|failure| self.no_answer(request, &failure))?;
        let status = response.status;
        let strange = || ClientError::NotAdminPlane {
            url: self.url.clone(),
            status: status.as_u16(),
            // A gateway that lost the answer says so with such a status.
            look: request.look().filter(|_| status.is_server_error()),
        };
        if status == StatusCode::NO_CONTENT {
            return Ok(Answer::new(status, &response.headers, Value::Null));
        }
        let body = document::read(&response.body).map_err(|_| strange())?;
        if status.is_success() {
            return Ok(Answer::new(status, &response.headers, body));
        }
        let refusal = Refusal::read(&body).ok_or_else(strange)?;
        Err(ClientError::Refused(Box::new(
            refusal.for_the_command_line(&self.token_from),
        )))
    }

    fn no_answer(&self, request: &Request, failure: &Failure) -> ClientError {
        let (url, why) = (self.url.clone(), failure.why());
        if failure.sent {
            let look = request.look();
            return ClientError::NoAnswer { url, why, look };
        }
        let refused = failure.is_refused();
        ClientError::Unreachable { url, why, refused }
    }
}
