//! Requests to the admin plane.

use serde::Serialize;
use ureq::http::{Method, header};
use uuid::Uuid;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A request to a plane.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<String>,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST with an idempotency key of its own: sent twice, it runs once.
    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::post_once(path).header(IDEMPOTENCY_KEY, Uuid::new_v4().to_string())
    }

    /// A POST to a plane without idempotency keys: sent twice, it may run twice.
    pub(crate) fn post_once(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
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
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Whether it can be sent again when its first outcome is unknown. A change of a certain version would be refused
    /// the second time, since the first has made another version.
    pub(super) fn may_be_repeated(&self) -> bool {
        self.method == Method::GET || self.headers.iter().any(|(name, _)| *name == IDEMPOTENCY_KEY)
    }

    /// The command that shows whether it was done; `None` if it changes nothing.
    pub(super) fn list_command(&self) -> Option<&'static str> {
        if self.method == Method::GET {
            return None;
        }
        // The last noun of the path is what it is about.
        let mut nouns = self.path.rsplit('/');
        Some(nouns.find_map(list_command).unwrap_or("tenantry audit list"))
    }

    /// Adds a parameter, if it has a value.
    pub(crate) fn query(mut self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        self.query.extend(value.map(|value| (name, value.into())));
        self
    }

    /// With this body.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(crate) fn json(mut self, body: &impl Serialize) -> serde_json::Result<Self> {
        self.body = Some(serde_json::to_string(body)?);
        Ok(self.header(header::CONTENT_TYPE.as_str(), "application/json"))
    }

    /// Only if it is still at this version.
    pub(crate) fn if_match(self, tag: Option<&str>) -> Self {
        match tag {
            Some(tag) => self.header(header::IF_MATCH.as_str(), tag),
            None => self,
        }
    }

    /// Asks for an operation to follow instead of the finished change (RFC 7240).
    pub(crate) fn respond_async(self) -> Self {
        self.header("prefer", "respond-async")
    }

    /// As a request of this tenant, for the tenant plane.
    pub(super) fn of_tenant(self, tenant: Uuid) -> Self {
        self.header("x-tenant-id", tenant.to_string())
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The command that lists what this part of a path holds.
fn list_command(noun: &str) -> Option<&'static str> {
    Some(match noun {
        "tenants" => "tenantry tenant list",
        "plans" => "tenantry plan list",
        "api-keys" => "tenantry api-key list",
        "admin-tokens" => "tenantry admin-token list",
        "operations" => "tenantry operation list",
        "pools" => "tenantry pool list",
        "doctor" => "tenantry examination show",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_looked_up_in_the_list_of_its_noun() {
        for (request, list_command) in [
            (Request::get("/admin/v1/tenants"), None),
            (Request::post("/admin/v1/tenants"), Some("tenantry tenant list")),
            (
                Request::delete("/admin/v1/tenants/7"),
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
            assert_eq!(request.list_command(), list_command, "{}", request.path);
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

    #[test]
    fn only_what_does_no_harm_twice_is_sent_again() {
        for (request, repeatable) in [
            (Request::get("/x"), true),
            (Request::post("/x"), true),
            (Request::post_once("/x"), false),
            (Request::patch("/x"), false),
            (Request::delete("/x"), false),
        ] {
            assert_eq!(request.may_be_repeated(), repeatable, "{}", request.method);
        }
    }
}
