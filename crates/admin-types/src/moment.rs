//! Serde form of moments: RFC 3339 in UTC with six digits, as PostgreSQL keeps them. Reads any RFC 3339.

use std::num::NonZeroU8;

use serde::{Serializer, ser};
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};
use time::{OffsetDateTime, UtcOffset};

const SIX_DIGITS: EncodedConfig = Config::DEFAULT
    .set_time_precision(TimePrecision::Second {
        decimal_digits: NonZeroU8::new(6),
    })
    .encode();

pub(crate) use time::serde::rfc3339::deserialize;

/// The moment as the planes write it: RFC 3339 in UTC with six digits.
///
/// # Errors
/// When its year is not of four digits.
pub fn rfc3339(moment: OffsetDateTime) -> Result<String, time::error::Format> {
    moment.to_offset(UtcOffset::UTC).format(&Iso8601::<SIX_DIGITS>)
}

pub(crate) fn serialize<S: Serializer>(moment: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let text = rfc3339(*moment).map_err(ser::Error::custom)?;
    serializer.serialize_str(&text)
}

pub(crate) mod option {
    use serde::Serializer;
    use time::OffsetDateTime;
    pub(crate) use time::serde::rfc3339::option::deserialize;

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(
        moment: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => super::serialize(moment, serializer),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use time::macros::datetime;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row(
        #[serde(with = "super")] OffsetDateTime,
        #[serde(with = "super::option")] Option<OffsetDateTime>,
    );

    #[test]
    fn six_digits_always() {
        let row = Row(
            datetime!(0001-01-01 0:00 UTC),
            Some(datetime!(9999-12-31 23:59:59.999_999 UTC)),
        );
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(
            text,
            r#"["0001-01-01T00:00:00.000000Z","9999-12-31T23:59:59.999999Z"]"#
        );
        assert_eq!(serde_json::from_str::<Row>(&text).unwrap(), row);
        let other = r#"["2026-01-31T14:00:00+02:00",null]"#;
        assert_eq!(
            serde_json::from_str::<Row>(other).unwrap(),
            Row(datetime!(2026-01-31 12:00 UTC), None)
        );
    }
}
