//! How far an operation is, in one line on a terminal.

use serde_json::Value;

use super::aside;
use super::screen::Screen;
use super::text::{counted, cut, printable};
use crate::client::{ClientError, Watcher};

/// The line empty, and the cursor at its begin.
const CLEAR: &str = "\r\x1b[2K";

/// A line on standard error that is written over and over; nothing where that is no terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    width: Option<usize>,
    shown: String,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            width: Screen::stderr_width(),
            shown: String::new(),
        }
    }

    fn show(&mut self, line: &str) {
        let Some(width) = self.width else { return };
        // The last column stays free: behind it the cursor is on the next line, on some terminals.
        let line = cut(line, width.saturating_sub(1));
        if line != self.shown {
            aside(format_args!("{CLEAR}{line}"));
            self.shown = line;
        }
    }
}

impl Watcher for Progress {
    fn sees(&mut self, operation: &Value) {
        self.show(&describe(operation));
    }

    fn sees_nothing(&mut self, why: &ClientError) {
        let why = why.to_string();
        let first = why.lines().next().unwrap_or_default();
        self.show(&format!("waiting: {}", printable(first)));
    }
}

/// Leaves the line empty for what is said next.
impl Drop for Progress {
    fn drop(&mut self) {
        if !self.shown.is_empty() {
            aside(CLEAR);
        }
    }
}

/// `purge: remove_rows, 2 of 5 steps done, 12000 rows removed`, and what is in the way.
fn describe(operation: &Value) -> String {
    let progress = &operation["progress"];
    let text = |value: &Value| value.as_str().map(printable);
    let kind = text(&operation["kind"]).unwrap_or_default();
    let step = text(&progress["step"]).or_else(|| text(&operation["state"]));
    let (done, total) = (&progress["steps_done"], &progress["steps_total"]);
    let mut line = format!(
        "{kind}: {}, {done} of {total} steps done",
        step.unwrap_or_default()
    );
    if let Some(rows) = progress["rows_removed"].as_u64().filter(|rows| *rows > 0) {
        line = format!("{line}, {} removed", counted(rows, "row"));
    }
    let attempts = operation["attempts"].as_u64().filter(|attempts| *attempts > 0);
    if let (Some(attempts), Some(error)) = (attempts, text(&operation["last_error"])) {
        line = format!("{line}, failed {}: {error}", counted(attempts, "time"));
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::describe;

    #[test]
    fn the_line_says_how_far_it_is_and_what_is_in_the_way() {
        let mut operation = json!({
            "kind": "purge", "state": "running", "attempts": 0, "last_error": null,
            "progress": {"step": "remove_rows", "steps_done": 2, "steps_total": 5, "rows_removed": 12000},
        });
        assert_eq!(
            describe(&operation),
            "purge: remove_rows, 2 of 5 steps done, 12000 rows removed"
        );
        operation["progress"]["rows_removed"] = json!(1);
        assert!(describe(&operation).ends_with(", 1 row removed"));
        operation["attempts"] = json!(3);
        operation["last_error"] = json!("the data cluster\u{1b} is away");
        assert!(describe(&operation).ends_with(", failed 3 times: the data cluster\\u{1b} is away"));
        operation["progress"] = json!({"step": null, "steps_done": 5, "steps_total": 5, "rows_removed": 0});
        operation["state"] = json!("succeeded");
        operation["attempts"] = json!(0);
        assert_eq!(describe(&operation), "purge: succeeded, 5 of 5 steps done");
    }
}
