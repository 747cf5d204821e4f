//! What is shown of a JSON document, column by column.

use serde_json::Value;

use super::text::printable;

/// A column of a table, or a line of what is shown of one thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(super) title: &'static str,
    /// Where the value stands (RFC 6901).
    pointer: &'static str,
    form: Form,
    pub(super) if_it_fits: bool,
}

/// How a value reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is, whole.
    Whole,
    /// As it is; what is too long for the screen may be cut.
    Text,
    /// To the right.
    Number,
    /// A state, in its colour.
    State,
    /// RFC 3339, to the second.
    Moment,
    /// Seconds, to the millisecond.
    Seconds,
    /// JSON in one line.
    Json,
}

impl Column {
    /// An id, or what else is of no use in parts.
    pub(crate) const fn whole(title: &'static str, pointer: &'static str) -> Self {
        Self::of(title, pointer, Form::Whole)
    }

    /// Text, which may be cut.
    pub(crate) const fn text(title: &'static str, pointer: &'static str) -> Self {
        Self::of(title, pointer, Form::Text)
    }

    /// A number.
    pub(crate) const fn number(title: &'static str, pointer: &'static str) -> Self {
        Self::of(title, pointer, Form::Number)
    }

    /// A state, in its colour.
    pub(crate) const fn state(title: &'static str, pointer: &'static str) -> Self {
        Self::of(title, pointer, Form::State)
    }

    /// A moment in UTC.
    pub(crate) const fn moment(title: &'static str, pointer: &'static str) -> Self {
        Self::of(title, pointer, Form::Moment)
    }

    /// A number of seconds.
    pub(crate) const fn seconds(title: &'static str, pointer: &'static str) -> Self {
        Self::of(title, pointer, Form::Seconds)
    }

    /// Whatever JSON there is.
    pub(crate) const fn json(title: &'static str, pointer: &'static str) -> Self {
        Self::of(title, pointer, Form::Json)
    }

    const fn of(title: &'static str, pointer: &'static str, form: Form) -> Self {
        Self {
            title,
            pointer,
            form,
            if_it_fits: false,
        }
    }

    /// Left out of a table that is wider than the screen.
    pub(crate) const fn if_it_fits(self) -> Self {
        Self {
            if_it_fits: true,
            ..self
        }
    }

    /// The value in this document as it reads; `-` where there is none.
    pub(super) fn cell(&self, document: &Value) -> String {
        let value = document.pointer(self.pointer).unwrap_or(&Value::Null);
        let text = match (value, self.form) {
            (Value::Null, _) => "-".to_owned(),
            (value, Form::Json) => value.to_string(),
            (Value::String(text), Form::Moment) => moment(text),
            (Value::Number(number), Form::Seconds) => match number.as_f64() {
                Some(seconds) => format!("{seconds:.3} s"),
                None => number.to_string(),
            },
            (Value::String(text), _) => text.clone(),
            (value, _) => value.to_string(),
        };
        printable(&text)
    }

    /// Whether a part of it is better than none.
    pub(super) fn may_be_cut(&self) -> bool {
        matches!(self.form, Form::Text | Form::Json)
    }

    pub(super) fn is_right_aligned(&self) -> bool {
        matches!(self.form, Form::Number | Form::Seconds)
    }

    /// The escape sequence that a cell begins with on a screen with colours, if any.
    pub(super) fn colour(&self, cell: &str) -> Option<&'static str> {
        if self.form != Form::State {
            return None;
        }
        match cell {
            "active" | "succeeded" | "resident" | "done" => Some("\x1b[32m"),
            "provisioning" | "suspended" | "running" | "opening" | "refused" => Some("\x1b[33m"),
            "offboarding" | "failed" | "superseded" | "retired" => Some("\x1b[31m"),
            _ => None,
        }
    }
}

/// To the second, as a person writes it. What is no moment of ours stays as it is.
fn moment(text: &str) -> String {
    match (text.get(..10), text.get(10..11), text.get(11..19)) {
        (Some(date), Some("T"), Some(time)) if text.ends_with('Z') => format!("{date} {time}Z"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_read_by_their_form() {
        let document = json!({
            "name": "acme", "at": "2027-01-31T12:00:00.123456Z", "odd": "soon", "progress": {"step": "serve"},
            "seconds": 1.25, "count": 7, "metadata": {"plan": "gold"}, "none": null, "bad": "\u{1b}[2J",
        });
        for (column, cell) in [
            (Column::text("", "/name"), "acme"),
            (Column::moment("", "/at"), "2027-01-31 12:00:00Z"),
            (Column::moment("", "/odd"), "soon"),
            (Column::text("", "/progress/step"), "serve"),
            (Column::seconds("", "/seconds"), "1.250 s"),
            (Column::number("", "/count"), "7"),
            (Column::json("", "/metadata"), r#"{"plan":"gold"}"#),
            (Column::text("", "/none"), "-"),
            (Column::text("", "/missing"), "-"),
            (Column::text("", "/bad"), "\\u{1b}[2J"),
        ] {
            assert_eq!(column.cell(&document), cell);
        }
    }
}
