//! The terminal that standard output goes to.

use std::io::{IsTerminal as _, stdout};

use rustix::termios::tcgetwinsize;

/// Where results are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Columns; `None` where standard output is no terminal or one of unknown width, and nothing has to fit.
    pub(crate) width: Option<u16>,
    /// Whether states and headings have colours.
    pub(crate) colours: bool,
}

impl Screen {
    /// Standard output. `colours` says whether they are wanted where it is a terminal.
    pub(crate) fn stdout(colours: bool) -> Self {
        let stdout = stdout();
        let terminal = stdout.is_terminal();
        let columns = tcgetwinsize(&stdout).map(|size| size.ws_col);
        Self {
            width: columns.ok().filter(|columns| terminal && *columns > 0),
            colours: colours && terminal,
        }
    }
}
