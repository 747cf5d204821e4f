//! Refusals (RFC 9457) as a person reads them.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::text::printable;

/// A problem that the service answered with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
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
    /// The problem in this document, if it is one of ours.
    pub(crate) fn read(document: &Value) -> Option<Self> {
        Self::deserialize(document).ok()
    }

    /// The same, where its advice is about headers and bodies, which whoever types a command does not see.
    pub(crate) fn for_the_command_line(mut self, token_from: &str) -> Self {
        let advice = match self.code.as_str() {
            "UNAUTHENTICATED" => Some(format!(
                "the token is from {token_from}; this service does not know it, or it has expired or was revoked"
            )),
            "PRECONDITION_FAILED" => Some(
                "look at it again, with its `show`, and decide anew; --if-match takes the version that it has then"
                    .to_owned(),
            ),
            // The fields stand below.
            "VALIDATION" if !self.errors.is_empty() => None,
            _ => return self,
        };
        self.detail = advice;
        self
    }
}

/// What and why; then what is wrong with each field, when to come again, and under which id it is logged.
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
    fn a_problem_reads_well() {
        let refusal = Refusal::read(&json!({
            "type": "urn:tenantry:problem:validation", "title": "Some fields are wrong", "status": 422,
            "code": "VALIDATION", "detail": "Correct every field in `errors`.",
            "errors": [{"field": "name", "detail": "is required"}, {"field": "id", "detail": "is no UUID"}],
            "retry_after": 2, "request_id": "0192",
        }));
        assert_eq!(
            refusal.unwrap().to_string(),
            "Some fields are wrong (VALIDATION): Correct every field in `errors`.\n  name is required\n  \
             id is no UUID\n  again in 2 s\n  request 0192"
        );
    }

    #[test]
    fn advice_is_in_the_words_of_the_command_line() {
        let advised = |code: &str| {
            let problem = json!({
                "status": 400, "code": code, "title": "No", "detail": "Send a header.",
                "errors": [{"field": "name", "detail": "is required"}],
            });
            let refusal = Refusal::read(&problem).unwrap();
            refusal.for_the_command_line("/a/file").to_string()
        };
        assert!(advised("UNAUTHENTICATED").contains("the token is from /a/file;"));
        assert!(advised("PRECONDITION_FAILED").contains("--if-match"));
        assert_eq!(advised("VALIDATION"), "No (VALIDATION)\n  name is required");
        assert!(advised("CONFLICT").contains(": Send a header."));
    }

    #[test]
    fn what_is_no_problem_of_ours_is_none() {
        for other in [
            json!(null),
            json!({}),
            json!({"status": 502, "title": "Bad Gateway"}),
        ] {
            assert_eq!(Refusal::read(&other), None, "{other}");
        }
    }
}
