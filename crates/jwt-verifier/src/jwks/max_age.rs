//! `Cache-Control` of a key set's answer.

use std::time::Duration;

/// The `max-age` (RFC 9111 section 5.2.2.1), or zero for `no-store` and `no-cache`; `None` without any.
pub(super) fn max_age(cache_control: &str) -> Option<Duration> {
    let mut found = None;
    for directive in cache_control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" => {
                found = value
                    .trim()
                    .trim_matches('"')
                    .parse()
                    .ok()
                    .map(Duration::from_secs);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        let seconds = |text| max_age(text).map(|age| age.as_secs());
        assert_eq!(seconds("public, max-age=300, must-revalidate"), Some(300));
        assert_eq!(seconds("Max-Age=\"60\""), Some(60));
        assert_eq!(seconds("max-age=300, no-cache"), Some(0));
        assert_eq!(seconds("s-maxage=5"), None);
        assert_eq!(seconds("max-age=-1"), None);
        assert_eq!(seconds("max-age="), None);
        assert_eq!(seconds(""), None);
    }
}
