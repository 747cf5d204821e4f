//! Standard output: results, for people and for programs. Logs, questions, hints and progress go to standard error.

mod column;
mod confirm;
mod document;
mod fields;
mod json;
mod screen;
mod table;
mod value;

use std::fmt::Display;
use std::io::{ErrorKind, Write as _, stderr, stdout};

use anyhow::Context as _;

pub(crate) use self::column::Column;
pub use self::confirm::{Answer, NotConfirmed, confirm};
pub(crate) use self::fields::fields;
pub use self::json::pretty;
pub(crate) use self::screen::Screen;
pub(crate) use self::table::table;

/// Standard output was closed by its reader, such as `| head`. That is no failure.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
pub struct StdoutClosed;

/// Writes a line to standard output.
///
/// # Errors
/// [`StdoutClosed`], or why it cannot be written.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    write(format_args!("{text}\n"))
}

/// Writes text with its line ends to standard output.
///
/// # Errors
/// As [`line`](fn@line).
pub fn write(text: impl Display) -> anyhow::Result<()> {
    let mut stdout = stdout().lock();
    match write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(StdoutClosed.into()),
        written => written.context("cannot write to standard output"),
    }
}

/// Writes a hint to standard error. A closed standard error is no failure.
pub fn hint(text: impl Display) {
    let mut stderr = stderr().lock();
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}
