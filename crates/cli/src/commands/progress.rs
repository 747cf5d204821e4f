//! The progress of an operation, as a line on the terminal.

use std::time::Duration;

use admin_types::Operation;
use indicatif::{ProgressBar, ProgressStyle};

use crate::client::{ClientError, Watcher};
use crate::text::{counted, printable};

/// A spinner on standard error; nothing where that is no terminal. Its line is cleared at the end.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }
}

impl Watcher for Progress {
    fn operation(&mut self, operation: &Operation) {
        self.0.set_message(describe(operation));
    }

    fn unavailable(&mut self, why: &ClientError) {
        let why = why.to_string();
        let first = why.lines().next().unwrap_or_default();
        self.0.set_message(format!("waiting: {}", printable(first)));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `purge: remove_rows, 2 of 5 steps done, 12000 rows removed`, and why the step fails.
fn describe(operation: &Operation) -> String {
    let progress = &operation.progress;
    let kind = printable(&operation.kind);
    let step = printable(progress.step.as_ref().unwrap_or(&operation.state));
    let mut line = format!(
        "{kind}: {step}, {} of {} steps done",
        progress.steps_done, progress.steps_total
    );
    if progress.rows_removed > 0 {
        let rows = counted(progress.rows_removed.unsigned_abs(), "row");
        line = format!("{line}, {rows} removed");
    }
    if let (1.., Some(error)) = (operation.attempts, &operation.last_error) {
        let times = counted(operation.attempts.unsigned_abs().into(), "time");
        line = format!("{line}, failed {times}: {}", printable(error));
    }
    line
}

#[cfg(test)]
mod tests {
    use admin_types::{Operation, Progress};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::describe;

    #[test]
    fn the_line_has_the_steps_and_the_failure() {
        let mut operation = Operation {
            id: Uuid::nil(),
            tenant_id: Uuid::nil(),
            kind: "purge".into(),
            state: "running".into(),
            progress: Progress {
                step: Some("remove_rows".into()),
                steps_done: 2,
                steps_total: 5,
                rows_removed: 12_000,
            },
            attempts: 0,
            last_error: None,
            next_attempt_at: None,
            actor: "ops".to_owned(),
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
            finished_at: None,
        };
        assert_eq!(
            describe(&operation),
            "purge: remove_rows, 2 of 5 steps done, 12000 rows removed"
        );
        operation.progress.rows_removed = 1;
        assert!(describe(&operation).ends_with(", 1 row removed"));
        operation.attempts = 3;
        operation.last_error = Some("the data cluster\u{1b} is away".to_owned());
        assert!(describe(&operation).ends_with(", failed 3 times: the data cluster\\u{1b} is away"));
        operation.progress = Progress {
            step: None,
            steps_done: 5,
            steps_total: 5,
            rows_removed: 0,
        };
        operation.state = "succeeded".into();
        operation.attempts = 0;
        assert_eq!(describe(&operation), "purge: succeeded, 5 of 5 steps done");
    }
}
