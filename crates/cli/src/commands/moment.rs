//! Moments as the service reads them.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::ClientError;

/// RFC 3339.
///
/// # Errors
/// When there is no such moment, or it cannot be written.
pub(super) fn rfc3339(moment: Option<OffsetDateTime>) -> Result<String, ClientError> {
    let text = moment.and_then(|moment| moment.format(&Rfc3339).ok());
    text.ok_or_else(|| ClientError::Usage("the date is out of range".to_owned()))
}
