//! Standard output: for results, and for people. The log goes to standard error.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _, stdout};

use anyhow::Context as _;

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

/// Writes without a line's end, for a question, and makes it seen.
pub(crate) fn ask(text: impl Display) -> anyhow::Result<()> {
    write(text)
}

fn write(text: impl Display) -> anyhow::Result<()> {
    let mut stdout = stdout().lock();
    match write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(NobodyReads.into()),
        written => written.context("cannot write to standard output"),
    }
}
