//! An HTTP client whose answers read as a test does.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// For one request on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Sends requests to one plane, always with the same headers.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
    check: Check,
}

/// What every answer to a method and path is checked for.
pub type Check = fn(&Method, &str, &Answer);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, JSON; `null` when there was none.
    pub body: Value,
}

impl Answer {
    /// The stable code of a problem, whose shape is checked on the way.
    #[track_caller]
    pub fn code(&self) -> &str {
        let kind = self.headers.get("content-type").map(HeaderValue::as_bytes);
        assert_eq!(kind, Some(&b"application/problem+json"[..]), "{self:?}");
        assert_eq!(self.body["status"], self.status.as_u16(), "{self:?}");
        self.body["code"].as_str().expect("a problem has a code")
    }

    /// The names of the wrong fields of a `VALIDATION`.
    #[track_caller]
    pub fn wrong_fields(&self) -> Vec<&str> {
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (422, "VALIDATION"),
            "{self:?}"
        );
        let errors = self.body["errors"].as_array().expect("wrong fields are listed");
        errors
            .iter()
            .map(|error| error["field"].as_str().expect("each is named"))
            .collect()
    }

    /// Asserts the status, and gives the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self.body
    }

    /// Asserts a problem of this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{self:?}");
    }
}

impl Client {
    /// A client of the plane that listens there.
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build();
        Self {
            http: http.expect("a client without TLS can be made"),
            base: format!("http://{address}"),
            headers: HeaderMap::new(),
            check: |_, _, _| {},
        }
    }

    /// Which checks every answer but those to [`Client::request`].
    #[must_use]
    pub fn checked_by(self, check: Check) -> Self {
        Self { check, ..self }
    }

    /// With one header more, beside others of the same name.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a test's header is valid");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    /// A request, for what the others do not do.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .headers(self.headers.clone())
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.answer(self.request(Method::GET, path)).await
    }

    /// GET with query parameters, encoded.
    pub async fn query(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        self.answer(self.request(Method::GET, path).query(parameters))
            .await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.answer(self.request(Method::POST, path).json(body)).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.answer(self.request(Method::PATCH, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.answer(self.request(Method::DELETE, path)).await
    }

    /// Any method, without a body.
    pub async fn send(&self, method: Method, path: &str) -> Answer {
        self.answer(self.request(method, path)).await
    }

    /// Sends a request of [`Client::request`], and checks the answer as all others.
    pub async fn answer(&self, request: RequestBuilder) -> Answer {
        let (http, request) = request.build_split();
        let request = request.expect("a test's request is valid");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = http.execute(request).await.expect("the service answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer is whole");
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")),
        };
        let answer = Answer {
            status,
            headers,
            body,
        };
        (self.check)(&method, &path, &answer);
        answer
    }
}
