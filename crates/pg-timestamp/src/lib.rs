//! PostgreSQL's `timestamptz`, over its whole range.
//!
//! PostgreSQL holds moments that [`OffsetDateTime`] does not: `infinity`, years beyond 9999, years BC. sqlx panics when
//! it decodes one, so that a single row would fail every page that has it. A [`Timestamp`] holds them all. It is
//! written as RFC 3339, where such a moment becomes the first or the last one that RFC 3339 can write; in a cursor it
//! stays exact, so that a list goes on behind that row.
//!
//! `sqlx.toml` names it as the type of `TIMESTAMPTZ`: the macros of a crate that does so decode nothing else.

pub mod exact;

use serde::{Serialize, Serializer, ser};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// PostgreSQL counts from here.
const EPOCH: OffsetDateTime = datetime!(2000-01-01 0:00 UTC);
/// The first and the last moment that RFC 3339 writes and PostgreSQL holds: it has no year zero.
const WRITABLE: [OffsetDateTime; 2] = [
    datetime!(0001-01-01 0:00 UTC),
    datetime!(9999-12-31 23:59:59.999_999 UTC),
];

/// A moment, as PostgreSQL holds it: in microseconds since 2000, with the lowest number for `-infinity` and the highest
/// for `infinity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From PostgreSQL's count of microseconds since 2000.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// PostgreSQL's count of microseconds since 2000.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The moment, or the nearest one of the years 1 to 9999.
    pub fn clamped(self) -> OffsetDateTime {
        let [first, last] = WRITABLE;
        let moment = EPOCH.checked_add(Duration::microseconds(self.0));
        moment
            .unwrap_or(if self.0 < 0 { first } else { last })
            .clamp(first, last)
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// To the microsecond.
    fn from(moment: OffsetDateTime) -> Self {
        let micros = (moment - EPOCH).whole_microseconds();
        // Every year of `time` is within PostgreSQL's range.
        Self(i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.clamped()
    }
}

/// RFC 3339, within the years 1 to 9999.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.clamped().format(&Rfc3339).map_err(ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl PgHasArrayType for Timestamp {
    fn array_type_info() -> PgTypeInfo {
        <OffsetDateTime as PgHasArrayType>::array_type_info()
    }
}

impl Encode<'_, Postgres> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'_, Postgres>>::encode(self.0, buffer)
    }

    fn size_hint(&self) -> usize {
        size_of::<i64>()
    }
}

/// In the binary format, which prepared statements have.
impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(i64::from_be_bytes(value.as_bytes()?.try_into()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_of_microseconds_can_be_written() {
        for (micros, text) in [
            (0, "\"2000-01-01T00:00:00Z\""),
            (1, "\"2000-01-01T00:00:00.000001Z\""),
            (i64::MIN, "\"0001-01-01T00:00:00Z\""),
            (-63_082_281_600_000_001, "\"0001-01-01T00:00:00Z\""),
            (-63_082_281_600_000_000, "\"0001-01-01T00:00:00Z\""),
            (252_455_615_999_999_999, "\"9999-12-31T23:59:59.999999Z\""),
            (252_455_616_000_000_000, "\"9999-12-31T23:59:59.999999Z\""),
            (i64::MAX, "\"9999-12-31T23:59:59.999999Z\""),
        ] {
            let timestamp = Timestamp::from_micros(micros);
            assert_eq!(serde_json::to_string(&timestamp).unwrap(), text, "{micros}");
        }
    }

    #[test]
    fn what_can_be_written_comes_back() {
        for moment in [
            datetime!(2026-01-31 12:00:00.123_456 UTC),
            WRITABLE[0],
            WRITABLE[1],
        ] {
            assert_eq!(Timestamp::from(moment).clamped(), moment);
        }
        let offset = datetime!(2026-01-31 14:00 +02:00);
        assert_eq!(Timestamp::from(offset).clamped(), datetime!(2026-01-31 12:00 UTC));
    }
}
