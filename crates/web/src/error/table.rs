//! Codes as a Markdown table.

use std::fmt::Write as _;

use super::Code;

/// A Markdown table of these codes: status, code, what happened, what to do.
pub fn markdown_table(codes: &[Code]) -> String {
    let mut table = String::from("| status | code | what happened | what to do |\n|---|---|---|---|\n");
    for code in codes {
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
        let table = markdown_table(Code::SHARED);
        assert_eq!(table.lines().count(), Code::SHARED.len() + 2);
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
