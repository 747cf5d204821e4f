//! An error with all that is behind it, for a log or a person at a terminal; never for a client.

use std::error::Error;

/// The error and its causes in one line. Many errors repeat their source in their own text: that is said once.
pub fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = cause.source();
    }
    line
}
