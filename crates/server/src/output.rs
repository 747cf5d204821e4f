//! Standard output: for results, and for people. The log goes to standard error.

use std::fmt::Display;
use std::io::{self, Write as _, stdout};

/// Writes a line.
///
/// # Errors
/// When nobody reads it any more, such as `| head`; see [`nobody_reads`].
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(stdout().lock(), "{text}")
}

/// Writes without a line's end, for a question, and makes it seen.
pub(crate) fn ask(text: impl Display) -> io::Result<()> {
    let mut stdout = stdout().lock();
    write!(stdout, "{text}")?;
    stdout.flush()
}

/// The error and what is behind it, in one line. Many errors repeat their source in their own text.
pub fn in_one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.ends_with(&cause) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&cause);
    }
    line
}

/// Whether a command failed only since whoever read its output has had enough. That is no failure.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
