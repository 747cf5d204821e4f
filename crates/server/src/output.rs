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
