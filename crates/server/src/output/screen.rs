//! What standard output and standard error are connected to.

use std::io::{IsTerminal as _, stderr, stdout};

use rustix::termios::tcgetwinsize;

use crate::config::Environment;

/// Where results are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Columns; `None` where nobody looks and nothing need fit.
    pub(crate) width: Option<usize>,
    /// Whether it has colours, and they are wanted.
    pub(crate) colour: bool,
}

impl Screen {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        let stdout = stdout();
        let terminal = stdout.is_terminal();
        let width = tcgetwinsize(&stdout).map(|size| usize::from(size.ws_col));
        Self {
            width: width.ok().filter(|width| terminal && *width > 0),
            colour: terminal && !Environment::wants_plain_text(),
        }
    }

    /// Columns of standard error; `None` where it is no terminal.
    pub(super) fn stderr_width() -> Option<usize> {
        let stderr = stderr();
        let width = tcgetwinsize(&stderr).map(|size| usize::from(size.ws_col));
        // A terminal that does not tell is taken for the usual one.
        let told = width.ok().filter(|width| *width > 0);
        stderr.is_terminal().then(|| told.unwrap_or(80))
    }
}
