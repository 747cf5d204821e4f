//! One thing, field by field, for people.

use std::fmt::Write as _;

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::table::RESET;
use super::{Column, Screen};

/// A line for each field, its name first.
pub(crate) fn fields(columns: &[Column], document: &Value, screen: Screen) -> String {
    let widest = columns.iter().map(|column| column.title.width()).max();
    let width = widest.unwrap_or_default() + 2;
    let mut text = String::new();
    for column in columns {
        let (title, cell) = (column.title, column.cell(document));
        // Writing to a string does not fail.
        let _ = match column.colour(&cell).filter(|_| screen.colour) {
            Some(style) => writeln!(text, "{title:<width$}{style}{cell}{RESET}"),
            None => writeln!(text, "{title:<width$}{cell}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_stand_before_values() {
        let columns = [Column::whole("id", "/id"), Column::state("state", "/state")];
        let shown = |colour| {
            let width = Some(1);
            fields(
                &columns,
                &json!({"id": "7", "state": "active"}),
                Screen { width, colour },
            )
        };
        assert_eq!(shown(false), "id     7\nstate  active\n");
        assert_eq!(shown(true), "id     7\nstate  \x1b[32mactive\x1b[0m\n");
    }
}
