//! PostgreSQL's `timestamptz`, over its whole range.
//!
//! PostgreSQL holds moments that [`OffsetDateTime`] does not: `infinity`, years beyond 9999, years BC. sqlx panics when
//! it decodes one, so that a single row would fail every page that has it. A [`Timestamp`] holds them all. It is
//! written as RFC 3339, where such a moment becomes the first or the last one that RFC 3339 can write; in a cursor it
//! stays exact, so that a list goes on behind that row.
//!
//! `sqlx.toml` names it as the type of `TIMESTAMPTZ`: the macros of a crate that does so decode nothing else.

pub mod exact;
mod rfc3339;

use serde::{Serialize, Serializer};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub use self::rfc3339::Rfc3339;

/// PostgreSQL counts from here.
const EPOCH: OffsetDateTime = datetime!(2000-01-01 0:00 UTC);
/// The first moment that RFC 3339 writes and PostgreSQL holds, which has no year zero: 0001-01-01 00:00.
const FIRST: i64 = -63_082_281_600_000_000;
/// The last moment that RFC 3339 writes: 9999-12-31 23:59:59.999999.
const LAST: i64 = 252_455_615_999_999_999;
/// Nanoseconds in a microsecond.
const NANOS: i128 = 1000;

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

    /// The last microsecond that is not after this moment. A column's value is at or before a moment, or after it,
    /// exactly if it is so of this one.
    pub fn floor(moment: OffsetDateTime) -> Self {
        let micros = (moment - EPOCH).whole_nanoseconds().div_euclid(NANOS);
        // Every year of `time` is within PostgreSQL's range.
        Self(i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX }))
    }

    /// The first microsecond that is not before this moment. A column's value is before a moment, or at or after it,
    /// exactly if it is so of this one.
    pub fn ceil(moment: OffsetDateTime) -> Self {
        let Self(floor) = Self::floor(moment);
        let cut = (moment - EPOCH).whole_nanoseconds().rem_euclid(NANOS) > 0;
        Self(if cut { floor.saturating_add(1) } else { floor })
    }

    /// The moment, or the nearest one of the years 1 to 9999.
    pub fn clamped(self) -> OffsetDateTime {
        EPOCH + Duration::microseconds(self.0.clamp(FIRST, LAST))
    }

    /// Its text, or that of the nearest moment of the years 1 to 9999.
    pub fn rfc3339(self) -> Rfc3339 {
        Rfc3339::of(self.0)
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// The [floor](Timestamp::floor).
    fn from(moment: OffsetDateTime) -> Self {
        Self::floor(moment)
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
        serializer.serialize_str(self.rfc3339().as_str())
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
            (0, "\"2000-01-01T00:00:00.000000Z\""),
            (1, "\"2000-01-01T00:00:00.000001Z\""),
            (i64::MIN, "\"0001-01-01T00:00:00.000000Z\""),
            (-63_082_281_600_000_001, "\"0001-01-01T00:00:00.000000Z\""),
            (-63_082_281_600_000_000, "\"0001-01-01T00:00:00.000000Z\""),
            (252_455_615_999_999_999, "\"9999-12-31T23:59:59.999999Z\""),
            (252_455_616_000_000_000, "\"9999-12-31T23:59:59.999999Z\""),
            (i64::MAX, "\"9999-12-31T23:59:59.999999Z\""),
        ] {
            let timestamp = Timestamp::from_micros(micros);
            assert_eq!(serde_json::to_string(&timestamp).unwrap(), text, "{micros}");
        }
    }

    #[test]
    fn values_survive_a_round_trip() {
        for moment in [
            datetime!(2026-01-31 12:00:00.123_456 UTC),
            datetime!(0001-01-01 0:00 UTC),
            datetime!(9999-12-31 23:59:59.999_999 UTC),
        ] {
            assert_eq!(Timestamp::from(moment).clamped(), moment);
        }
        let offset = datetime!(2026-01-31 14:00 +02:00);
        assert_eq!(Timestamp::from(offset).clamped(), datetime!(2026-01-31 12:00 UTC));
    }

    #[test]
    fn a_finer_moment_is_rounded_to_the_side_that_is_asked_for() {
        for (moment, floor, ceil) in [
            (datetime!(2000-01-01 0:00 UTC), 0, 0),
            (datetime!(2000-01-01 0:00:00.000_000_001 UTC), 0, 1),
            (datetime!(2000-01-01 0:00:00.000_000_999 UTC), 0, 1),
            (datetime!(2000-01-01 0:00:00.000_001 UTC), 1, 1),
            (datetime!(1999-12-31 23:59:59.999_999_999 UTC), -1, 0),
            (datetime!(1999-12-31 23:59:59.999_999 UTC), -1, -1),
            (datetime!(9999-12-31 23:59:59.999_999_999 UTC), LAST, LAST + 1),
        ] {
            assert_eq!(Timestamp::floor(moment).micros(), floor, "{moment}");
            assert_eq!(Timestamp::ceil(moment).micros(), ceil, "{moment}");
        }
    }

    #[test]
    fn a_rounded_bound_answers_as_the_moment_itself() {
        for nanos in -3000..3000_i64 {
            let bound = EPOCH + Duration::nanoseconds(nanos);
            let (floor, ceil) = (Timestamp::floor(bound), Timestamp::ceil(bound));
            for row in (-4..=4).map(Timestamp::from_micros) {
                let moment = row.clamped();
                assert_eq!(row < ceil, moment < bound, "{row:?} < {bound}");
                assert_eq!(row >= ceil, moment >= bound, "{row:?} >= {bound}");
                assert_eq!(row > floor, moment > bound, "{row:?} > {bound}");
                assert_eq!(row <= floor, moment <= bound, "{row:?} <= {bound}");
            }
        }
    }
}
