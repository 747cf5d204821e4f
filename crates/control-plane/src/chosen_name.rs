//! Names that people choose: of tenants, tokens and API keys.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// Why a text is no name, as a predicate of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty or too long.
    #[error("must have 1 to {0} characters")]
    Length(usize),
    /// It has white space around it, or nothing else.
    #[error("must not begin or end with white space")]
    WhiteSpace,
    /// It has a character that cannot be seen: two names could look the same, or read in another order than they are.
    #[error("must not contain U+{:04X}: only printable characters are allowed", u32::from(*.0))]
    Invisible(char),
}

/// The name in Unicode's form NFC: what looks the same to a reader is the same name, however a keyboard composes it.
///
/// # Errors
/// When it has more than `max` characters or none, white space around it, or a character that cannot be seen.
pub(crate) fn chosen_name(text: &str, max: usize) -> Result<String, NameError> {
    let name = nfc(text);
    if !(1..=max).contains(&name.chars().count()) {
        return Err(NameError::Length(max));
    }
    if let Some(invisible) = name.chars().find(|char| !is_visible(*char)) {
        return Err(NameError::Invisible(invisible));
    }
    if name.trim() != name {
        return Err(NameError::WhiteSpace);
    }
    Ok(name)
}

/// The text in Unicode's form NFC.
pub(crate) fn nfc(text: &str) -> String {
    if is_nfc(text) {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// Whether a character is printable by Rust's table, and shows: no control or format character, no space but the ASCII
/// one, and none that is drawn as nothing. A combining mark counts as printable after another character.
fn is_visible(character: char) -> bool {
    let after_another = String::from_iter(['x', character]);
    !after_another.escape_debug().skip(1).take(3).eq("\\u{".chars())
        && !matches!(character, '\0' | '\t' | '\n' | '\r')
        && !is_drawn_as_nothing(character)
}

/// Letters, marks and symbols that are drawn as nothing: those with the property `Default_Ignorable_Code_Point`, such as
/// variation selectors and the fillers of Hangul, and the empty pattern of Braille.
const fn is_drawn_as_nothing(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_in_nfc() {
        for (given, kept) in [
            ("ops", "ops"),
            ("Zoe\u{308}", "Zo\u{eb}"),
            ("Zo\u{eb}", "Zo\u{eb}"),
            ("\u{212b}", "\u{c5}"),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("नमस्ते", "नमस्ते"),
            ("x\u{301}", "x\u{301}"),
            ("a b", "a b"),
            ("back\\slash \"quoted\"", "back\\slash \"quoted\""),
            ("日本", "日本"),
            ("שלום", "שלום"),
        ] {
            assert_eq!(chosen_name(given, 100).as_deref(), Ok(kept), "{given:?}");
        }
        // It is counted as it is kept.
        assert!(chosen_name(&"e\u{301}".repeat(100), 100).is_ok());
        assert_eq!(
            chosen_name(&"\u{e9}".repeat(101), 100),
            Err(NameError::Length(100))
        );
        assert_eq!(chosen_name("", 100), Err(NameError::Length(100)));
    }

    #[test]
    fn invisible_characters_are_refused_and_named() {
        for invisible in [
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{61c}',
            '\u{feff}',
            '\u{2060}',
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{180b}',
            '\u{180e}',
            '\u{fe0f}',
            '\u{e0100}',
            '\u{e0041}',
            '\u{2800}',
            '\u{a0}',
            '\u{2003}',
            '\u{3000}',
            '\u{2028}',
            '\u{2029}',
            '\u{9b}',
            '\u{7f}',
            '\u{e000}',
            '\t',
            '\n',
            '\r',
            '\0',
        ] {
            for name in [
                format!("a{invisible}b"),
                format!("{invisible}a"),
                format!("a{invisible}"),
            ] {
                assert!(
                    matches!(chosen_name(&name, 100), Err(NameError::Invisible(_))),
                    "{name:?}"
                );
            }
        }
        let error = chosen_name("a\u{200b}b", 100).unwrap_err().to_string();
        assert_eq!(
            error,
            "must not contain U+200B: only printable characters are allowed"
        );
    }

    #[test]
    fn white_space_is_refused_around_it_and_alone() {
        for name in [" ", "   ", " a", "a "] {
            assert_eq!(chosen_name(name, 100), Err(NameError::WhiteSpace), "{name:?}");
        }
    }
}
