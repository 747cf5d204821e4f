//! Columns of tables, and fields of a single thing.

use super::value::Value;

/// A column of a table of `T`s, or a field of one `T`.
#[derive(Debug)]
pub(crate) struct Column<T> {
    pub(super) title: &'static str,
    value: fn(&T) -> Value,
    form: Form,
    /// Columns with a higher number are left out first; those with 0 are never left out.
    pub(super) rank: u8,
    /// Least width of a text that is cut.
    pub(super) least_width: u16,
    if_set: bool,
}

/// The layout of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Never cut.
    Whole,
    /// Cut where the table is too wide for the screen.
    Text,
    /// Aligned to the right.
    Number,
    /// With the colour of a state.
    State,
}

impl<T> Clone for Column<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Column<T> {}

impl<T> Column<T> {
    /// An id, or another value that is useless in part.
    pub(crate) const fn whole(title: &'static str, value: fn(&T) -> Value) -> Self {
        Self::new(title, value, Form::Whole)
    }

    /// Text, which may be cut.
    pub(crate) const fn text(title: &'static str, value: fn(&T) -> Value) -> Self {
        Self::new(title, value, Form::Text)
    }

    /// A number.
    pub(crate) const fn number(title: &'static str, value: fn(&T) -> Value) -> Self {
        Self::new(title, value, Form::Number)
    }

    /// A state, in its colour.
    pub(crate) const fn state(title: &'static str, value: fn(&T) -> Value) -> Self {
        Self::new(title, value, Form::State)
    }

    const fn new(title: &'static str, value: fn(&T) -> Value, form: Form) -> Self {
        Self {
            title,
            value,
            form,
            rank: 0,
            least_width: 8,
            if_set: false,
        }
    }

    /// Left out of a table that is too wide for the screen, columns of a higher rank first.
    pub(crate) const fn optional(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// A text that is cut to this width, and no further.
    pub(crate) const fn at_least(self, least_width: u16) -> Self {
        Self { least_width, ..self }
    }

    /// Left out of the fields of a thing that does not have it.
    pub(crate) const fn if_set(self) -> Self {
        Self { if_set: true, ..self }
    }

    /// Whether this thing has a line for it.
    pub(super) fn is_shown(&self, thing: &T) -> bool {
        !self.if_set || !(self.value)(thing).is_none()
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// The value of this thing as text, in the colour of its state; `-` where there is none.
    pub(super) fn cell(&self, thing: &T, colours: bool) -> String {
        let text = (self.value)(thing).into_text();
        let colour = match text.as_str() {
            _ if !colours || self.form != Form::State => return text,
            "active" | "succeeded" | "resident" | "done" | "current" => 32,
            "provisioning" | "suspended" | "running" | "opening" | "refused" | "stale" => 33,
            "offboarding" | "failed" | "superseded" | "retired" | "unavailable" | "empty" => 31,
            _ => return text,
        };
        format!("\x1b[{colour}m{text}\x1b[0m")
    }
}
