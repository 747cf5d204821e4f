//! The parameters of a list that has no others.

use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::{After, Cursor, Limit, Sorted};

/// The parameters `limit` and `cursor`. A list that takes more has both of them as fields of its own struct.
#[derive(Deserialize)]
#[serde(bound = "")]
pub struct Paging<S: Sorted> {
    limit: Option<Limit>,
    cursor: Option<After<S>>,
}

impl<S: Sorted> Paging<S> {
    /// The number of items of the page.
    pub fn limit(&self) -> Limit {
        self.limit.unwrap_or_default()
    }

    /// The key of the last row of the page before; `None` for the first page.
    pub fn after(self) -> Option<S::Key> {
        self.cursor.map(|After(key)| key)
    }
}

/// The parameters as they are described: the order of the list is not among them.
#[derive(IntoParams)]
#[expect(dead_code, reason = "for its description")]
struct Described {
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

impl<S: Sorted> IntoParams for Paging<S> {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Described::into_params(place)
    }
}
