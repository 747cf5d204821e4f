//! Text that is safe to show on a terminal.

/// The text with control and bidirectional characters escaped: names and database errors come from others.
pub fn printable(text: &str) -> String {
    let mut printed = String::with_capacity(text.len());
    for one in text.chars() {
        if is_safe(one) {
            printed.push(one);
        } else {
            printed.extend(one.escape_default());
        }
    }
    printed
}

/// Whether a terminal shows the character, and neither obeys it nor reorders the text around it.
pub(crate) fn is_safe(one: char) -> bool {
    !one.is_control()
        && !matches!(
            one,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// A number with its unit: `1 row`, `2 rows`.
pub fn counted(number: u64, unit: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidirectional_characters_are_escaped() {
        assert_eq!(
            printable("a\u{1b}[2J\u{9b}b\n\u{202e}c\u{7f}\u{61c} 東京"),
            "a\\u{1b}[2J\\u{9b}b\\n\\u{202e}c\\u{7f}\\u{61c} 東京"
        );
    }
}
