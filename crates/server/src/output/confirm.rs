//! Questions before what is hard to undo.

use std::fmt::Display;
use std::io::{IsTerminal as _, stdin};

use super::aside;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Standard input is no terminal: there is nobody to ask.
    Nobody,
    /// This line, without white space around it; empty at the end of the input.
    Said(String),
}

impl Answer {
    /// Whether it is a yes.
    pub(crate) fn is_yes(&self) -> bool {
        matches!(self, Self::Said(said) if matches!(said.as_str(), "y" | "Y" | "yes"))
    }
}

/// Asks on the terminal. The question goes to standard error: a result may be on its way somewhere else.
///
/// # Errors
/// When the answer cannot be read.
pub(crate) fn ask(question: impl Display) -> anyhow::Result<Answer> {
    if !stdin().is_terminal() {
        return Ok(Answer::Nobody);
    }
    aside(question);
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(Answer::Said(answer.trim().to_owned()))
}
