//! Refusals of the service (RFC 9457), for people.

use std::fmt;

use serde::Deserialize;

use crate::text::printable;

/// A problem that the service answered with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    pub(super) status: u16,
    code: String,
    title: String,
    detail: Option<String>,
    #[serde(default)]
    errors: Vec<WrongField>,
    retry_after: Option<u64>,
    request_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct WrongField {
    field: String,
    detail: String,
}

impl Refusal {
    /// The problem in this JSON, if it is one of ours.
    pub(super) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self.status, 429 | 503)
    }

    /// Whether it comes from a plane that does not have the routes of the admin plane.
    pub(super) fn is_unknown_route(&self) -> bool {
        matches!(self.code.as_str(), "ROUTE_UNKNOWN" | "NETWORK_NOT_TRUSTED")
    }

    /// The same, with advice for the command line in place of advice about headers and bodies.
    pub(super) fn for_the_command_line(mut self, token_source: &str) -> Self {
        let advice = match self.code.as_str() {
            "UNAUTHENTICATED" => Some(format!(
                "the token is from {token_source}; this service does not know it, or it has expired or was revoked"
            )),
            "PRECONDITION_FAILED" => Some(
                "it has changed: look at it with its `show` and decide again; --if-match takes the version shown there"
                    .to_owned(),
            ),
            // The fields are shown below it.
            "VALIDATION" if !self.errors.is_empty() => None,
            _ => return self,
        };
        self.detail = advice;
        self
    }
}

/// The problem and its advice; then each wrong field, the time to wait, and the id by which it is logged.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", printable(&self.title), printable(&self.code))?;
        if let Some(detail) = &self.detail {
            write!(f, ": {}", printable(detail))?;
        }
        for WrongField { field, detail } in &self.errors {
            write!(f, "\n  {} {}", printable(field), printable(detail))?;
        }
        if let Some(seconds) = self.retry_after {
            write!(f, "\n  again in {seconds} s")?;
        }
        match &self.request_id {
            Some(id) => write!(f, "\n  request {}", printable(id)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_shown_with_its_fields() {
        let problem = json!({
            "type": "urn:tenantry:problem:validation", "title": "Some fields are wrong", "status": 422,
            "code": "VALIDATION", "detail": "Correct every field in `errors`.",
            "errors": [{"field": "name", "detail": "is required"}, {"field": "id", "detail": "is no UUID"}],
            "retry_after": 2, "request_id": "0192",
        });
        assert_eq!(
            Refusal::read(&problem.to_string()).unwrap().to_string(),
            "Some fields are wrong (VALIDATION): Correct every field in `errors`.\n  name is required\n  \
             id is no UUID\n  again in 2 s\n  request 0192"
        );
    }

    #[test]
    fn advice_about_headers_is_replaced() {
        let advised = |code: &str| {
            let problem = json!({
                "status": 400, "code": code, "title": "No", "detail": "Send a header.",
                "errors": [{"field": "name", "detail": "is required"}],
            });
            let refusal = Refusal::read(&problem.to_string()).unwrap();
            refusal.for_the_command_line("/a/file").to_string()
        };
        assert!(advised("UNAUTHENTICATED").contains("the token is from /a/file;"));
        assert!(advised("PRECONDITION_FAILED").contains("--if-match"));
        assert_eq!(advised("VALIDATION"), "No (VALIDATION)\n  name is required");
        assert!(advised("CONFLICT").contains(": Send a header."));
    }

    #[test]
    fn other_documents_are_no_problems() {
        for other in [
            json!(null),
            json!({}),
            json!({"status": 502, "title": "Bad Gateway"}),
        ] {
            assert_eq!(Refusal::read(&other.to_string()), None, "{other}");
        }
    }
}
