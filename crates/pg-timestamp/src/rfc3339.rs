//! RFC 3339 text of a timestamp, in UTC and to the microsecond: `2026-01-31T12:00:00.123456Z`.
//!
//! Written from the count of microseconds into an array: a page of rows has hundreds of timestamps, and formatting them
//! through `time` takes five times the instructions.

use super::{FIRST, LAST};

const LENGTH: usize = "2026-01-31T12:00:00.123456Z".len();
const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// Days from 0000-03-01, where the calendar's cycles begin, to 2000-01-01.
const DAYS_BEFORE_EPOCH: i64 = 730_425;

/// A timestamp's text. Always of the same length, so that texts sort as the moments do.
#[derive(Clone, Copy)]
pub struct Rfc3339([u8; LENGTH]);

impl Rfc3339 {
    /// Of a count of microseconds since 2000, or of the nearest moment of the years 1 to 9999.
    pub(super) fn of(micros: i64) -> Self {
        let micros = micros.clamp(FIRST, LAST);
        let (days, in_day) = (
            micros.div_euclid(MICROS_PER_DAY),
            micros.rem_euclid(MICROS_PER_DAY),
        );
        let (year, month, day) = date(days + DAYS_BEFORE_EPOCH);
        let seconds = in_day / MICROS_PER_SECOND;
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        for (at, digits, number) in [
            (0, 4, year),
            (5, 2, month),
            (8, 2, day),
            (11, 2, seconds / 3600),
            (14, 2, seconds / 60 % 60),
            (17, 2, seconds % 60),
            (20, 6, in_day % MICROS_PER_SECOND),
        ] {
            write(&mut text[at..at + digits], number);
        }
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // ASCII by construction.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Writes a number that is not negative, right-aligned over zeros.
fn write(digits: &mut [u8], mut number: i64) {
    for digit in digits.iter_mut().rev() {
        let value = u8::try_from(number % 10).unwrap_or_default();
        *digit = b'0' + value;
        number /= 10;
    }
}

/// Year, month and day, of days since 0000-03-01: `civil_from_days` of
/// <https://howardhinnant.github.io/date_algorithms.html>.
fn date(days: i64) -> (i64, i64, i64) {
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339 as Reference;

    use super::*;
    use crate::Timestamp;

    /// Of a whole cycle of the calendar, 400 years, and of some days of all later ones.
    #[test]
    fn every_day_is_that_of_the_calendar() {
        let cycle = (0..146_097).map(|day| FIRST + day * MICROS_PER_DAY);
        // Not a divisor of a day, so that all times of day occur.
        let sparse = (0..).map(|n| FIRST + n * (97 * MICROS_PER_DAY + 7_919 * MICROS_PER_SECOND));
        for micros in cycle
            .chain(sparse.take_while(|micros| *micros <= LAST))
            .chain([LAST])
        {
            let reference = Timestamp::from_micros(micros)
                .clamped()
                .format(&Reference)
                .unwrap();
            assert_eq!(&Rfc3339::of(micros).as_str()[..19], &reference[..19], "{micros}");
        }
    }

    #[test]
    fn six_digits_always() {
        for (micros, text) in [
            (0, "2000-01-01T00:00:00.000000Z"),
            (1, "2000-01-01T00:00:00.000001Z"),
            (-1, "1999-12-31T23:59:59.999999Z"),
            (120_000, "2000-01-01T00:00:00.120000Z"),
            (5_097_600_000_000, "2000-02-29T00:00:00.000000Z"),
        ] {
            assert_eq!(Rfc3339::of(micros).as_str(), text);
        }
    }
}
