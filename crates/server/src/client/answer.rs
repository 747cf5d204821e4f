//! What the service answered.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use ureq::http::{HeaderMap, StatusCode, header};

use super::ClientError;

/// An answer of the admin plane that is no refusal.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The JSON in it; `null` where there is none.
    pub(crate) body: Value,
    /// The version of what is shown.
    pub(crate) etag: Option<String>,
    /// What goes on, rather than being done.
    accepted: bool,
    date: Option<OffsetDateTime>,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: Value) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            body,
            etag: text(header::ETAG).map(str::to_owned),
            accepted: status == StatusCode::ACCEPTED,
            date: text(header::DATE).and_then(date),
        }
    }

    /// The operation, if that is what was answered: 202.
    pub(crate) fn operation(&self) -> Option<&Value> {
        self.accepted.then_some(&self.body)
    }

    /// What time it was by the service's clock, to the second. A duration from now is counted by the clock that will
    /// judge it, not by this machine's.
    pub(crate) fn now(&self) -> Result<OffsetDateTime, ClientError> {
        self.date.ok_or(ClientError::NotUnderstood("it has no date"))
    }
}

/// An HTTP date in its preferred form (RFC 9110 section 5.6.7), which RFC 2822 allows as well.
fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn http_dates() {
        assert_eq!(
            date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(datetime!(1994-11-06 08:49:37 UTC))
        );
        assert_eq!(date("yesterday"), None);
    }
}
