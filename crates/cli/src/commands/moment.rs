//! Moments as the service writes them.

use time::OffsetDateTime;

use crate::ClientError;

/// RFC 3339 in UTC with six digits.
///
/// # Errors
/// When there is no such moment, or it cannot be written.
pub(super) fn rfc3339(moment: Option<OffsetDateTime>) -> Result<String, ClientError> {
    let text = moment.and_then(|moment| admin_types::rfc3339(moment).ok());
    text.ok_or_else(|| ClientError::Usage("the date is out of range".to_owned()))
}
