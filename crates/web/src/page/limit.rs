//! How many items a page holds.

use serde_json::value::RawValue;

use crate::read::rule::{Integer, Rule, Wrong, integer};

/// The number of items of a page: 50 unless asked otherwise, 1 to 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// Most items of a page.
    pub const MOST: u16 = 500;

    /// Reads the parameter `limit`.
    pub fn rule() -> LimitRule {
        LimitRule(integer(1..=i64::from(Self::MOST)))
    }

    /// Items of a page.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }

    /// Rows to ask the database for: one more than a page holds, which tells whether there is a next page.
    pub fn fetch(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

/// Reads a [`Limit`].
#[derive(Clone, Debug)]
pub struct LimitRule(Integer);

impl LimitRule {
    fn limit(number: i64) -> Limit {
        Limit(u16::try_from(number).unwrap_or(Limit::MOST))
    }
}

impl Rule for LimitRule {
    type Value = Limit;

    fn text(self, text: &str) -> Result<Limit, Wrong> {
        self.0.text(text).map(Self::limit)
    }

    fn json(self, value: &RawValue) -> Result<Limit, Wrong> {
        self.0.json(value).map(Self::limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        assert_eq!(Limit::default().get(), 50);
        assert_eq!(Limit::rule().text("500").unwrap().get(), 500);
        for wrong in ["0", "501", "-1", "x", ""] {
            assert_eq!(
                Limit::rule().text(wrong).unwrap_err(),
                "must be a whole number from 1 to 500",
                "{wrong}"
            );
        }
    }
}
