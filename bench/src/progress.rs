//! Progress, on standard error.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Says it on a line of its own.
pub(crate) fn say(what: impl Display) {
    // Nobody reads it when standard error is closed; the run goes on.
    let _ = writeln!(io::stderr(), "  {what}");
}
