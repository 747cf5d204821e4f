//! RFC 3339 timestamps that PostgreSQL can hold and that can be written down again.

use serde::Deserialize;
use time::format_description::well_known;
use time::{OffsetDateTime, UtcOffset};

/// An RFC 3339 timestamp, in UTC. See [`parse`] for its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Rfc3339(OffsetDateTime);

impl TryFrom<String> for Rfc3339 {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        parse(&text)
            .map(Self)
            .ok_or("must be an RFC 3339 timestamp of the years 0001 to 9999, such as 2026-01-31T12:00:00Z")
    }
}

impl From<Rfc3339> for OffsetDateTime {
    fn from(Rfc3339(moment): Rfc3339) -> Self {
        moment
    }
}

/// Reads a timestamp and brings it to UTC; `None` if it is none, or not of the years 0001 to 9999 in UTC.
///
/// PostgreSQL's `timestamptz` reaches further on both sides, but RFC 3339 has four digits and PostgreSQL no
/// year zero. A timestamp at the rim with an offset leaves these years when it is brought to UTC, where
/// `time` panics unless asked to check.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    let parsed = OffsetDateTime::parse(text, &well_known::Rfc3339).ok()?;
    parsed
        .checked_to_offset(UtcOffset::UTC)
        .filter(|utc| (1..=9999).contains(&utc.year()))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn brings_to_utc() {
        assert_eq!(
            parse("2026-01-31T12:00:00.5+02:00"),
            Some(datetime!(2026-01-31 10:00:00.5 UTC))
        );
        assert_eq!(
            parse("2026-01-31T12:00:00z"),
            Some(datetime!(2026-01-31 12:00 UTC))
        );
    }

    #[test]
    fn refuses_what_is_none_and_what_leaves_the_years() {
        for wrong in [
            "",
            "now",
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-02-30T12:00:00Z",
            "0000-12-31T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "+12026-01-31T12:00:00Z",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
