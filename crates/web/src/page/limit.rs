//! The number of items of a page.

use serde::Deserialize;

use crate::read::Integer;

/// The number of items of a page: 50 unless asked otherwise, 1 to 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Integer<1, { Limit::MOST }>")]
pub struct Limit(u32);

impl Limit {
    /// Most items of a page.
    pub const MOST: i64 = 500;

    /// Items of a page.
    pub fn get(self) -> usize {
        self.0 as usize
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

impl From<Integer<1, { Limit::MOST }>> for Limit {
    fn from(limit: Integer<1, { Limit::MOST }>) -> Self {
        Self(limit.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Paging;
    use crate::page::tests::ByNumber;
    use crate::read;

    #[test]
    fn bounds() {
        assert_eq!(Limit::default().get(), 50);
        let read = |limit: &str| {
            let paging = read::query::<Paging<ByNumber>>(&format!("limit={limit}"));
            paging.map(|paging| paging.limit().get())
        };
        assert_eq!(read("500").unwrap(), 500);
        for wrong in ["0", "501", "-1", "x", ""] {
            assert_eq!(
                read(wrong).unwrap_err().errors()[0].detail,
                "must be a whole number from 1 to 500",
                "{wrong}"
            );
        }
    }
}
