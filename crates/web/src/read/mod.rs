//! Reading what a client sends, so that one answer names everything that is wrong with it.
//!
//! [`Fields`] reads a JSON object, [`Query`] a query string, both by the same [rules](rule). Nothing is given
//! out until `finish`, which either has every value or refuses with `VALIDATION` and every wrong field; a
//! field or parameter that nobody asked for is wrong too.
//!
//! ```
//! use web::read::{Fields, rule};
//!
//! # fn main() -> Result<(), web::Problem> {
//! # let body = serde_json::from_str(r#"{"name": "Ada Lovelace"}"#).unwrap_or_default();
//! let mut fields = Fields::new(body);
//! let name = fields.required("name", rule::text(1..=200));
//! let confirmed = fields.optional("confirmed", rule::boolean());
//! let (name, confirmed) = fields.finish((name, confirmed))?;
//! assert_eq!((name.as_str(), confirmed), ("Ada Lovelace", None));
//! # Ok(())
//! # }
//! ```

mod checked;
mod fields;
pub(crate) mod percent;
mod query;
mod report;
pub mod rule;
pub mod timestamp;
mod unique;

pub use checked::{Checked, Values};
pub use fields::{Fields, Members, Patch};
pub use query::Query;
pub use unique::unique_names;
