//! Answers of the admin plane.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use ureq::http::{HeaderMap, StatusCode, header};

use super::ClientError;

/// An answer that is no refusal.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The JSON in it, as it was sent; `null` where there is none.
    pub(crate) body: Box<RawValue>,
    /// The version of the document.
    pub(crate) etag: Option<String>,
    /// Whether it is an operation that runs on: 202.
    pub(crate) accepted: bool,
    date: Option<OffsetDateTime>,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: Box<RawValue>) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            body,
            etag: text(header::ETAG).map(str::to_owned),
            accepted: status == StatusCode::ACCEPTED,
            date: text(header::DATE).and_then(http_date),
        }
    }

    /// The document in it.
    ///
    /// # Errors
    /// When it is another one.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        Ok(serde_json::from_str(self.body.get())?)
    }

    /// The time by the service's clock, to the second. A duration from now is counted by the clock that will judge it,
    /// not by this machine's.
    pub(crate) fn now(&self) -> Result<OffsetDateTime, ClientError> {
        self.date.ok_or(ClientError::InvalidAnswer("it has no date"))
    }
}

/// An HTTP date in its preferred form (RFC 9110 section 5.6.7), which RFC 2822 allows as well.
fn http_date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn http_dates_are_read() {
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(datetime!(1994-11-06 08:49:37 UTC))
        );
        assert_eq!(http_date("yesterday"), None);
    }
}
