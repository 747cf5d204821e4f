//! Error codes, and the RFC 9457 problems that carry them to clients.
//!
//! [`Code`] has the codes that all planes share, and takes those of a plane; [`Problem`] is a failure with a code. Neither is made from a library's error:
//! a client reads text that was written for it, and the cause goes to the log.

mod chain;
mod code;
mod problem;
mod render;
mod table;

#[doc(hidden)]
pub use http::StatusCode;

pub use chain::in_one_line;
pub use code::{Code, CodeDefinition};
pub use problem::{FieldError, Problem};
pub(crate) use render::{CONTENT_TYPE, problem_schemas, render};
pub use table::markdown_table;
