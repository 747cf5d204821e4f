//! Progress, on standard error.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Prints a line.
pub(crate) fn say(what: impl Display) {
    // The run continues when standard error is closed.
    let _ = writeln!(io::stderr(), "  {what}");
}
