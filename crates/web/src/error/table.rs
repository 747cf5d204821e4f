//! The table of codes as Markdown, for the README.

use std::fmt::Write as _;

use super::Code;

/// All codes as a Markdown table: status, code, what happened, what to do.
///
/// The README carries this text, and a test holds it to it.
pub fn markdown_table() -> String {
    let mut table = String::from("| status | code | what happened | what to do |\n|---|---|---|---|\n");
    for code in Code::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {} | `{}` | {} | {} |",
            code.status().as_u16(),
            code.name(),
            code.title(),
            code.advice(),
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_every_code_and_no_stray_column() {
        let table = markdown_table();
        assert_eq!(table.lines().count(), Code::ALL.len() + 2);
        assert!(
            table.lines().all(|line| line.matches('|').count() == 5),
            "{table}"
        );
        assert!(
            table.contains(
                "| 422 | `VALIDATION` | Some fields are wrong | Correct every field in `errors`. |"
            )
        );
    }
}
