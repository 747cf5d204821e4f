//! A request, before it is sent.

use serde_json::Value;
use ureq::http::{Method, header};
use uuid::Uuid;

/// A request to the admin plane.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<String>,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST has a key of its own, so that it can be sent again and is done once all the same.
    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path).header("idempotency-key", Uuid::new_v4().to_string())
    }

    pub(crate) fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Whether it can be sent again where nobody knows whether it was heeded. A change of what was at a version would be
    /// refused the second time, since the first has made another version of it.
    pub(super) fn may_be_repeated(&self) -> bool {
        matches!(self.method, Method::GET | Method::POST)
    }

    /// The command that shows whether it was done; `None` if it changes nothing.
    pub(super) fn look(&self) -> Option<&'static str> {
        if self.method == Method::GET {
            return None;
        }
        // The last noun of the path is what it is about.
        let mut nouns = self.path.rsplit(['/', '?']);
        Some(nouns.find_map(list).unwrap_or("tenantry audit list"))
    }

    /// Adds a parameter.
    pub(crate) fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(name);
        self.path.push('=');
        encode(&mut self.path, value.as_ref());
        self
    }

    /// Adds a parameter if there is one.
    pub(crate) fn maybe(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self.header(header::CONTENT_TYPE.as_str(), "application/json")
    }

    /// Only if it is still at this version.
    pub(crate) fn if_match(self, tag: Option<&str>) -> Self {
        match tag {
            Some(tag) => self.header(header::IF_MATCH.as_str(), tag),
            None => self,
        }
    }

    /// To be answered with an operation at once (RFC 7240), which can be watched then.
    pub(crate) fn respond_async(self) -> Self {
        self.header("prefer", "respond-async")
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The command that lists what this part of a path holds.
fn list(noun: &str) -> Option<&'static str> {
    Some(match noun {
        "tenants" => "tenantry tenant list",
        "api-keys" => "tenantry api-key list",
        "admin-tokens" => "tenantry admin-token list",
        "operations" => "tenantry operation list",
        "pools" => "tenantry pool list",
        "doctor" => "tenantry examination show",
        _ => return None,
    })
}

/// Percent-encodes all but what RFC 3986 section 2.3 calls unreserved.
fn encode(into: &mut String, text: &str) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => into.push(byte.into()),
            _ => into.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded() {
        let request = Request::get("/x")
            .query("name_prefix", "a&b=c ü")
            .maybe("state", None::<&str>)
            .maybe("limit", Some("7"));
        assert_eq!(request.path, "/x?name_prefix=a%26b%3Dc%20%C3%BC&limit=7");
    }

    #[test]
    fn what_a_change_came_to_is_shown_by_the_list_of_what_it_is_about() {
        for (request, look) in [
            (Request::get("/admin/v1/tenants"), None),
            (Request::post("/admin/v1/tenants"), Some("tenantry tenant list")),
            (
                Request::delete("/admin/v1/tenants/7?grace_hours=0"),
                Some("tenantry tenant list"),
            ),
            (
                Request::post("/admin/v1/tenants/7/api-keys"),
                Some("tenantry api-key list"),
            ),
            (
                Request::post("/admin/v1/doctor"),
                Some("tenantry examination show"),
            ),
        ] {
            assert_eq!(request.look(), look, "{}", request.path);
        }
    }

    #[test]
    fn each_post_has_a_key_of_its_own() {
        let key = |request: Request| request.headers[0].clone();
        let (first, second) = (key(Request::post("/x")), key(Request::post("/x")));
        assert_eq!(first.0, "idempotency-key");
        assert_ne!(first, second);
        assert!(Request::get("/x").headers.is_empty());
    }
}
