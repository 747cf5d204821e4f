//! The list of what is wrong, which both readers keep.

use std::borrow::Cow;

use super::Values;
use crate::error::{FieldError, Problem};

/// A body can hold thousands of unknown fields; nobody reads more than this many.
const MOST_ERRORS: usize = 50;

/// A field's name is the client's own text: enough of it to be recognised.
const LONGEST_NAME: usize = 64;

/// Everything that is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<FieldError>);

impl Report {
    pub(super) fn wrong(&mut self, field: &str, detail: impl Into<Cow<'static, str>>) {
        if self.0.len() < MOST_ERRORS {
            self.0.push(FieldError {
                field: field.chars().take(LONGEST_NAME).collect(),
                detail: detail.into(),
            });
        }
    }

    /// The values if nothing is wrong.
    pub(super) fn finish<V: Values>(self, values: V) -> Result<V::Output, Problem> {
        if !self.0.is_empty() {
            return Err(Problem::validation(self.0));
        }
        values
            .all()
            .ok_or_else(|| Problem::internal("a value was given to a reader that has not read it"))
    }
}
