//! Questions before what cannot be undone, or not easily.

use std::fmt::Display;
use std::io::{IsTerminal as _, stdin};

use super::hint;

/// Why a command is not carried out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// Standard input is no terminal. Has the command's effect.
    #[error("this {0}: confirm it with --yes")]
    NoTerminal(String),
    /// The answer was a no.
    #[error("nothing was changed")]
    Declined,
}

/// The line that was typed, without white space around it; empty at the end of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub String);

impl Answer {
    /// Whether it is a yes.
    pub fn is_yes(&self) -> bool {
        matches!(self.0.as_str(), "y" | "Y" | "yes")
    }
}

/// Asks on the terminal. The question goes to standard error, since standard output is for the result.
///
/// # Errors
/// [`NotConfirmed`], or why the answer cannot be read.
pub fn confirm(
    question: impl Display,
    effect: &str,
    agrees: impl FnOnce(&Answer) -> bool,
) -> anyhow::Result<()> {
    if !stdin().is_terminal() {
        return Err(NotConfirmed::NoTerminal(effect.to_owned()).into());
    }
    hint(question);
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    if agrees(&Answer(answer.trim().to_owned())) {
        Ok(())
    } else {
        Err(NotConfirmed::Declined.into())
    }
}
