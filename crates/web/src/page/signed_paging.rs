//! The parameters of a list with signed cursors that has no others.

use serde::Deserialize;
use utoipa::IntoParams;

use super::{Limit, SignedCursor};

/// The parameters `limit` and `cursor`. A list that takes more has both of them as fields of its own struct.
#[derive(Debug, Deserialize, IntoParams)]
pub struct SignedPaging {
    limit: Option<Limit>,
    cursor: Option<SignedCursor>,
}

impl SignedPaging {
    /// The number of items of the page.
    pub fn limit(&self) -> Limit {
        self.limit.unwrap_or_default()
    }

    /// The cursor, if it is not the first page.
    pub fn cursor(&self) -> Option<&SignedCursor> {
        self.cursor.as_ref()
    }
}
