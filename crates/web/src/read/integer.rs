//! Bounded whole numbers.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A whole number from `MIN` to `MAX`. In JSON a number without fraction or exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Integer<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Whether the bounds fit is checked when the code is compiled.
impl<const MIN: i64, const MAX: i64> From<Integer<MIN, MAX>> for u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the bounds are within those of u32"
    )]
    fn from(Integer(number): Integer<MIN, MAX>) -> Self {
        const { assert!(MIN >= 0 && MAX <= Self::MAX as i64) };
        number as Self
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Integer<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Bounds::<MIN, MAX>)
    }
}

struct Bounds<const MIN: i64, const MAX: i64>;

impl<const MIN: i64, const MAX: i64> Visitor<'_> for Bounds<MIN, MAX> {
    type Value = Integer<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        if (MIN..=MAX).contains(&number) {
            Ok(Integer(number))
        } else {
            Err(E::invalid_value(Unexpected::Signed(number), &self))
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let fits = i64::try_from(number);
        let number = fits.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))?;
        self.visit_i64(number)
    }
}
