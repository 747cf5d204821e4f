//! Standard output: for results, and for people. The log goes to standard error, and so do questions, hints and
//! progress.

mod column;
mod confirm;
mod fields;
mod json;
mod problem;
mod progress;
mod screen;
mod table;
mod text;

use std::fmt::Display;
use std::io::{ErrorKind, Write as _, stderr, stdout};

use anyhow::Context as _;

pub(crate) use self::column::Column;
pub(crate) use self::confirm::{Answer, ask};
pub(crate) use self::fields::fields;
pub(crate) use self::json::pretty;
pub(crate) use self::problem::Refusal;
pub(crate) use self::progress::Progress;
pub(crate) use self::screen::Screen;
pub(crate) use self::table::table;
pub(crate) use self::text::{counted, printable};

/// Whoever read standard output has had enough, such as `| head`. That is no failure.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads standard output")]
pub struct NobodyReads;

/// Writes a line.
///
/// # Errors
/// [`NobodyReads`], or why it cannot be written.
pub(crate) fn line(text: impl Display) -> anyhow::Result<()> {
    write(format_args!("{text}\n"))
}

/// Writes what ends its own lines.
///
/// # Errors
/// As [`line`].
pub(crate) fn write(text: impl Display) -> anyhow::Result<()> {
    let mut stdout = stdout().lock();
    match write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(NobodyReads.into()),
        written => written.context("cannot write to standard output"),
    }
}

/// Writes to standard error what is said beside the result. That nobody can read it is no reason to fail.
pub(crate) fn aside(text: impl Display) {
    let mut stderr = stderr().lock();
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}
