//! Numbers and names that fit beside an axis.

/// A number for an axis: 12k, 3.4M.
pub(super) fn short(value: f64) -> String {
    let (value, suffix) = match value.abs() {
        1e6.. => (value / 1e6, "M"),
        1e4.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = if value.abs() >= 100.0 || value.fract().abs() < 1e-9 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else if value.abs() >= 0.1 {
        format!("{value:.2}")
    } else {
        format!("{value}")
    };
    let text = match text.split_once('.') {
        Some((whole, places)) if places.trim_end_matches('0').is_empty() => whole.to_owned(),
        _ => text,
    };
    text + suffix
}

/// At most two lines of words, the first of so many letters.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few letters"
)]
pub(super) fn wrap(text: &str, letters: f64) -> Vec<String> {
    let letters = letters.max(4.0) as usize;
    if text.chars().count() <= letters {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new(), String::new()];
    for word in text.split(' ') {
        let fits = lines[1].is_empty() && lines[0].chars().count() + word.chars().count() < letters;
        let place = usize::from(!fits && !lines[0].is_empty());
        let line = &mut lines[place];
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_and_long_names_fit() {
        for (value, text) in [
            (0.0, "0"),
            (0.5, "0.50"),
            (12_000.0, "12k"),
            (3_400_000.0, "3.40M"),
            (98.0, "98"),
            (0.01, "0.01"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(wrap("beside a dead tenant", 12.0), ["beside a", "dead tenant"]);
        assert_eq!(wrap("alone", 12.0), ["alone"]);
    }
}
