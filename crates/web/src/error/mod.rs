//! What a client is told when something goes wrong.
//!
//! [`Code`] is the table of all that can; [`Problem`] is one of them on its way to a client. Neither is ever
//! made from a library's error: what a client reads is written for it, and the cause goes to the log.

mod chain;
mod code;
mod problem;
mod render;
mod table;

pub use chain::in_one_line;
pub use code::Code;
pub use problem::{FieldError, Problem};
pub(crate) use render::{CONTENT_TYPE, sealed};
pub use table::markdown_table;
