//! A [`Timestamp`] as it stands in a cursor: exact, for `#[serde(with = "pg_timestamp::exact")]`.
//!
//! RFC 3339 where that can write it, PostgreSQL's count of microseconds as text where it cannot.

use std::borrow::Cow;

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::{FIRST, LAST, Timestamp};

/// Writes it.
///
/// # Errors
/// When the serializer fails.
pub fn serialize<S: Serializer>(timestamp: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    if (FIRST..=LAST).contains(&timestamp.micros()) {
        timestamp.serialize(serializer)
    } else {
        serializer.collect_str(&timestamp.micros())
    }
}

/// Reads it.
///
/// # Errors
/// When it is neither RFC 3339 nor a whole number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    let moment = OffsetDateTime::parse(&text, &Rfc3339).ok();
    let moment = moment.and_then(|moment| moment.checked_to_offset(UtcOffset::UTC));
    moment
        .map(Timestamp::from)
        .or_else(|| text.parse().ok().map(Timestamp::from_micros))
        .ok_or_else(|| de::Error::custom("not a timestamp"))
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Key(#[serde(with = "super")] Timestamp);

    #[test]
    fn a_cursor_comes_back_exactly() {
        for (micros, text) in [
            (0, "\"2000-01-01T00:00:00.000000Z\""),
            (i64::MIN, "\"-9223372036854775808\""),
            (i64::MAX, "\"9223372036854775807\""),
            (252_455_616_000_000_000, "\"252455616000000000\""),
        ] {
            let key = Key(Timestamp::from_micros(micros));
            let written = serde_json::to_string(&key).unwrap();
            assert_eq!(written, text);
            assert_eq!(serde_json::from_str::<Key>(&written).unwrap(), key);
        }
        for wrong in ["\"\"", "\"soon\"", "1", "\"99999999999999999999\""] {
            assert!(serde_json::from_str::<Key>(wrong).is_err(), "{wrong}");
        }
    }
}
