//! Text as a terminal shows it.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text with everything escaped that would tell the terminal what to do, or turn text around: names, and what
/// databases say, come from others.
pub(crate) fn printable(text: &str) -> String {
    let mut printed = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                printed.extend(one.escape_unicode());
            }
            one if one.is_control() => printed.extend(one.escape_default()),
            one => printed.push(one),
        }
    }
    printed
}

/// The text within this width, with a sign where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = |one: &char| match left.checked_sub(one.width().unwrap_or(0)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push('…');
    cut
}

/// So many of these: `1 row`, `2 rows`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(
            printable("a\u{1b}[2J\u{9b}b\n\u{202e}c 東京"),
            "a\\u{1b}[2J\\u{9b}b\\n\\u{202e}c 東京"
        );
    }

    #[test]
    fn what_is_cut_says_so_and_is_measured_by_what_is_seen() {
        for (width, text) in [(8, "東京 x y"), (7, "東京 x…"), (4, "東…"), (1, "…")] {
            assert_eq!(cut("東京 x y", width), text, "{width}");
        }
    }
}
