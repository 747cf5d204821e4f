//! Typed requests: bodies and query strings read by serde, every wrong field in one answer.
//!
//! A request is a struct with `Deserialize`. [`Json`](crate::Json) and [`Query`](crate::Query) read it. A field says
//! by its type what it may hold: [`Text`], [`Integer`], [`Id`], [`Rfc3339`], a `bool`, an enum, or a type of your own
//! whose `Deserialize` refuses what does not fit.
//!
//! | field | left out | `null` |
//! |---|---|---|
//! | `T` | wrong | wrong |
//! | `Option<T>` | `None` | wrong |
//! | `Option<Option<T>>` | `None` | `Some(None)` |
//!
//! A check over several fields is `#[serde(try_from)]` on the struct, with [`WrongField`] as its error.
//!
//! Fields that the struct does not have are wrong. `#[serde(default)]` does not make a field optional, and
//! `#[serde(flatten)]` and `#[serde(alias)]` do not work here: each of them hides from the reader which fields there
//! are. `Box<RawValue>` takes any JSON as it was written, digit for digit.
//!
//! ```
//! use serde::Deserialize;
//! use web::read::{Text, json};
//!
//! #[derive(Deserialize)]
//! struct NewUser {
//!     name: Text<1, 200>,
//!     confirmed: Option<bool>,
//! }
//!
//! let problem = json::<NewUser>(br#"{"name": "", "confirmed": 1, "admin": true}"#).err();
//! let errors = problem.as_ref().map(|problem| problem.errors()).unwrap_or_default();
//! let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
//! assert_eq!(fields, ["name", "confirmed", "admin"]);
//! ```
//!
//! # Why no library
//! serde stops at the first error. These libraries do not, and were tried:
//!
//! - garde 0.23, like `validator` and `serde_valid`, checks a whole value: a field of the wrong type hides all others that
//!   are too long (`every_wrong_field_is_named_at_once` fails). With the bounds in the field's type one pass finds both,
//!   no unchecked value exists, and an OpenAPI schema can be derived from the same type.
//! - deserr 0.6 panics on a number beyond `f64`: of `{"age": 1e400}` `serde_json`'s `arbitrary_precision` makes a number,
//!   and deserr an explicit panic. It rounds others to 64 bits, takes `null` for a field that was left out, and is a
//!   derive of its own beside serde's.
//! - eserde 0.1 stops at the first unknown field, takes `null` for a field that was left out, repeats the client's text
//!   and Rust's type names, and loses its place behind a list where a string should be. It reads no query strings.

mod collect;
mod deserializer;
mod id;
mod integer;
mod object;
pub(crate) mod percent;
mod report;
mod source;
#[cfg(test)]
mod tests;
mod text;
pub mod timestamp;
mod unique;
mod wrong;

pub use id::{Id, parse_uuid};
pub use integer::Integer;
pub use report::wrong_field;
pub use source::{json, query};
pub use text::Text;
pub use timestamp::Rfc3339;
pub use unique::unique_names;
pub use wrong::WrongField;
