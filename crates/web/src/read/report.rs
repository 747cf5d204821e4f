//! The list of wrong fields, bounded.

use std::borrow::Cow;

use crate::error::{FieldError, Problem};

/// The most errors in an answer: a body can hold thousands of unknown fields.
const MOST_ERRORS: usize = 50;

/// The most characters of a field's name, which is the client's own text.
const LONGEST_NAME: usize = 64;

/// Every wrong field so far.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<FieldError>);

impl Report {
    pub(super) fn wrong(&mut self, field: &str, detail: impl Into<Cow<'static, str>>) {
        if !self.is_full() {
            self.0.push(FieldError {
                field: field.chars().take(LONGEST_NAME).collect(),
                detail: detail.into(),
            });
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MOST_ERRORS
    }

    /// The value, if there is one and nothing is wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        if !self.0.is_empty() {
            return Err(Problem::validation(self.0));
        }
        value.ok_or_else(|| Problem::internal("a request was not read, and no field is wrong with it"))
    }
}

/// `VALIDATION` of one field, for a check against what is stored.
pub fn wrong_field(field: &str, detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::validation(vec![FieldError {
        field: field.to_owned(),
        detail: detail.into(),
    }])
}
